#include "ops/roi_align/roi_align.h"

#include <algorithm>
#include <cmath>

#include "common/memory.h"
#include "common/simd.h"
#include "ops/roi_align/roi_align_kernels.h"
#include "ops/roi_align/roi_align_taps.h"

namespace icconv {
namespace {

// A square of feature pixels of this size stays in a core's second-level cache while all bins that touch it are worked off.
constexpr int64_t kTileBytes = 256 << 10;
// An output beyond this would only push the feature map out of the last-level cache, so its stores bypass the caches.
constexpr int64_t kStreamBytes = 8 << 20;
// Bins per task at least: about 10 us of work.
constexpr int64_t kMinBinsPerTask = 64;

void gather_scalar(const RoiWindow& w, const float* origin, float* output, bool) {
    std::fill_n(output, w.channels, 0.0f);
    for (int32_t r = 0; r < w.row_count; ++r) {
        for (int32_t c = 0; c < w.column_count; ++c) {
            const float* pixel = origin + w.rows[r].index * w.row_stride + w.columns[c].index * w.channels;
            const float weight = w.rows[r].weight * w.columns[c].weight;
            for (int64_t ch = 0; ch < w.channels; ++ch) output[ch] += weight * pixel[ch];
        }
    }
}

void scatter_scalar(const RoiWindow& w, const float* grad, float* origin) {
    for (int32_t r = 0; r < w.row_count; ++r) {
        for (int32_t c = 0; c < w.column_count; ++c) {
            float* pixel = origin + w.rows[r].index * w.row_stride + w.columns[c].index * w.channels;
            const float weight = w.rows[r].weight * w.columns[c].weight;
            for (int64_t ch = 0; ch < w.channels; ++ch) pixel[ch] += weight * grad[ch];
        }
    }
}

void finish_scalar() {}

const RoiAlignKernels& roi_align_kernels_portable() {
    static const RoiAlignKernels kernels{gather_scalar, scatter_scalar, finish_scalar};
    return kernels;
}

const RoiAlignKernels& kernels() { return ICCONV_AT_SIMD_LEVEL(roi_align_kernels)(); }

// Side of a tile in pixels.
int64_t tile_side(int64_t channels) {
    const double pixels = static_cast<double>(kTileBytes) / static_cast<double>(channels * static_cast<int64_t>(sizeof(float)));
    return std::max<int64_t>(1, static_cast<int64_t>(std::sqrt(pixels)));
}

// Bins in the order of the tile that holds their first pixel, so that RoIs that overlap read a pixel while it is in the cache and
// the map is read from memory about once. Bins without samples come first. Counting sort.
Array<int64_t> order_by_tile(const RoiAlignParams& params, const RoiAlignLevel* levels, int level_count, const Rois& rois,
                                   const RoiTaps& taps) {
    const int64_t side = tile_side(params.channels);
    Array<int64_t> level_start(static_cast<size_t>(level_count) + 1, 1);
    for (int l = 0; l < level_count; ++l) {
        const int64_t tiles = levels[l].batch * ((levels[l].height + side - 1) / side) * ((levels[l].width + side - 1) / side);
        level_start[static_cast<size_t>(l) + 1] = level_start[static_cast<size_t>(l)] + tiles;
    }
    const int64_t bins_per_roi = params.pooled_height * params.pooled_width;
    Array<int32_t> tile_of(static_cast<size_t>(rois.count * bins_per_roi));
    Array<int64_t> next(static_cast<size_t>(level_start.back()) + 1, 0);
    for (int64_t r = 0, bin = 0; r < rois.count; ++r) {
        const int32_t l = rois.levels == nullptr ? 0 : rois.levels[r];
        const int64_t columns = (levels[l].width + side - 1) / side;
        const int64_t rows = (levels[l].height + side - 1) / side;
        const int64_t start = level_start[static_cast<size_t>(l)] + static_cast<int64_t>(rois.data[r * 5]) * rows * columns;
        for (int64_t ph = 0; ph < params.pooled_height; ++ph) {
            const RoiBin& y = taps.row(r, ph);
            for (int64_t pw = 0; pw < params.pooled_width; ++pw, ++bin) {
                const RoiBin& x = taps.column(r, pw);
                const int64_t tile = y.count == 0 || x.count == 0 ? 0 : start + y.low / side * columns + x.low / side;
                tile_of[static_cast<size_t>(bin)] = static_cast<int32_t>(tile);
                ++next[static_cast<size_t>(tile) + 1];
            }
        }
    }
    for (size_t t = 1; t < next.size(); ++t) next[t] += next[t - 1];
    Array<int64_t> order(tile_of.size());
    for (size_t bin = 0; bin < tile_of.size(); ++bin) order[static_cast<size_t>(next[static_cast<size_t>(tile_of[bin])]++)] = static_cast<int64_t>(bin);
    return order;
}

}  // namespace

void roi_align(const RoiAlignParams& params, const RoiAlignLevel* levels, const float* const* features, int level_count,
               const Rois& rois, float* output, Executor& executor) {
    if (rois.count == 0 || params.channels == 0) return;
    const RoiAlignKernels& kernel = kernels();
    const RoiTaps taps(params, levels, -1, rois, executor);
    const Array<int64_t> order = order_by_tile(params, levels, level_count, rois, taps);
    const auto bins = static_cast<int64_t>(order.size());
    const bool stream = bins * params.channels * static_cast<int64_t>(sizeof(float)) > kStreamBytes;
    const int64_t per_task = std::max(kMinBinsPerTask, bins / (executor.threads() * 16) + 1);
    const auto tasks = static_cast<int>((bins + per_task - 1) / per_task);
    executor.run(tasks, [&](int task) {
        const int64_t end = std::min(bins, (task + 1) * per_task);
        for (int64_t i = task * per_task; i < end; ++i) {
            const int64_t bin = order[static_cast<size_t>(i)];
            const int64_t pw = bin % params.pooled_width;
            const int64_t ph = bin / params.pooled_width % params.pooled_height;
            const int64_t r = bin / params.pooled_width / params.pooled_height;
            const int32_t l = rois.levels == nullptr ? 0 : rois.levels[r];
            const RoiBin& y = taps.row(r, ph);
            const RoiBin& x = taps.column(r, pw);
            const int64_t row_stride = levels[l].width * params.channels;
            const RoiWindow window{y.taps, x.taps, y.count, x.count, row_stride, params.channels};
            const auto image = static_cast<int64_t>(rois.data[r * 5]);
            kernel.gather(window, features[l] + image * levels[l].height * row_stride, output + bin * params.channels, stream);
        }
        kernel.finish();
    });
}

namespace {

// The taps of `bin` inside [begin, end), copied to `kept`.
int32_t clip(const RoiBin& bin, int64_t begin, int64_t end, Array<RoiTap>& kept) {
    kept.clear();
    if (bin.count == 0 || bin.high < begin || bin.low >= end) return 0;
    for (int32_t t = 0; t < bin.count; ++t) {
        if (bin.taps[t].index >= begin && bin.taps[t].index < end) kept.push_back(bin.taps[t]);
    }
    return static_cast<int32_t>(kept.size());
}

struct Extent {
    int64_t low;
    int64_t high;
};

template <typename BinAt>
Extent extent_of(int64_t bins, BinAt bin_at) {
    Extent extent{INT32_MAX, -1};
    for (int64_t b = 0; b < bins; ++b) {
        const RoiBin& bin = bin_at(b);
        if (bin.count == 0) continue;
        extent.low = std::min<int64_t>(extent.low, bin.low);
        extent.high = std::max<int64_t>(extent.high, bin.high);
    }
    return extent;
}

}  // namespace

void roi_align_grad(const RoiAlignParams& params, const RoiAlignLevel& level, int level_index, const Rois& rois,
                    const float* grad_output, float* grad_features, Executor& executor) {
    if (params.channels == 0) return;
    const RoiAlignKernels& kernel = kernels();
    const RoiTaps taps(params, &level, level_index, rois, executor);
    // RoIs with the rectangle of pixels that they touch, by image, in their order.
    struct Touched {
        int64_t roi;
        Extent rows;
        Extent columns;
    };
    Array<Array<Touched>> of_image(static_cast<size_t>(level.batch));
    for (int64_t r = 0; r < rois.count; ++r) {
        if (rois.levels != nullptr && rois.levels[r] != level_index) continue;
        const Extent rows = extent_of(params.pooled_height, [&](int64_t b) -> const RoiBin& { return taps.row(r, b); });
        const Extent columns = extent_of(params.pooled_width, [&](int64_t b) -> const RoiBin& { return taps.column(r, b); });
        if (rows.high >= 0 && columns.high >= 0) of_image[static_cast<size_t>(rois.data[r * 5])].push_back({r, rows, columns});
    }
    // A tile is owned by one task, which adds what every RoI gives it in the RoIs' order: no races, no atomics, one result.
    const int64_t side = tile_side(params.channels);
    const int64_t tile_rows = (level.height + side - 1) / side;
    const int64_t tile_columns = (level.width + side - 1) / side;
    const int64_t row_stride = level.width * params.channels;
    executor.run(static_cast<int>(level.batch * tile_rows * tile_columns), [&](int task) {
        const int64_t image = task / (tile_rows * tile_columns);
        const int64_t top = task / tile_columns % tile_rows * side;
        const int64_t left = task % tile_columns * side;
        const int64_t bottom = std::min(top + side, level.height);
        const int64_t right = std::min(left + side, level.width);
        float* origin = grad_features + image * level.height * row_stride;
        for (int64_t y = top; y < bottom; ++y) {
            std::fill(origin + y * row_stride + left * params.channels, origin + y * row_stride + right * params.channels, 0.0f);
        }
        Array<RoiTap> row_taps;
        Array<Array<RoiTap>> column_taps(static_cast<size_t>(params.pooled_width));
        for (const auto& [r, rows, columns] : of_image[static_cast<size_t>(image)]) {
            if (rows.high < top || rows.low >= bottom || columns.high < left || columns.low >= right) continue;
            for (int64_t pw = 0; pw < params.pooled_width; ++pw) {
                clip(taps.column(r, pw), left, right, column_taps[static_cast<size_t>(pw)]);
            }
            for (int64_t ph = 0; ph < params.pooled_height; ++ph) {
                const int32_t row_count = clip(taps.row(r, ph), top, bottom, row_taps);
                if (row_count == 0) continue;
                for (int64_t pw = 0; pw < params.pooled_width; ++pw) {
                    const Array<RoiTap>& xs = column_taps[static_cast<size_t>(pw)];
                    if (xs.empty()) continue;
                    const RoiWindow window{row_taps.data(), xs.data(), row_count, static_cast<int32_t>(xs.size()), row_stride, params.channels};
                    const int64_t bin = (r * params.pooled_height + ph) * params.pooled_width + pw;
                    kernel.scatter(window, grad_output + bin * params.channels, origin);
                }
            }
        }
    });
}

}  // namespace icconv
