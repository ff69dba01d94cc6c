#include "common/strict_float.h"

#include "ops/roi_align/roi_align_taps.h"

#include <algorithm>
#include <cmath>

#include "common/memory.h"

namespace icconv {
namespace {

// RoIs per task when tables are built: enough work to pay for a task, few enough to spread.
constexpr int64_t kRoisPerTask = 64;
// Up to here every sample of an adaptive grid is visited; beyond, those far outside the map are skipped. Only absurd boxes get there.
constexpr double kLargeGrid = kMostSamplingRatio;

// float32 and this order of operations, as the reference does it, so that ceil() and the border tests agree with it.
struct Axis {
    float start;
    float bin;
    double grid;  // samples per bin; may be beyond int for absurd boxes
};

Axis make_axis(float low, float high, float scale, int64_t bins, int sampling_ratio, bool aligned) {
    const float offset = aligned ? 0.5f : 0.0f;
    const float start = low * scale - offset;
    const float end = high * scale - offset;
    float size = end - start;
    if (!aligned) size = std::max(size, 1.0f);
    const float bin = size / static_cast<float>(bins);
    const double grid = sampling_ratio > 0 ? sampling_ratio : std::ceil(bin);
    return {start, bin, std::max(grid, 0.0)};
}

void add_tap(Array<RoiTap>& arena, size_t first, int32_t index, float weight) {
    if (weight == 0.0f) return;
    // Neighbouring samples share pixels; those lie among the last two entries.
    const size_t size = arena.size();
    for (size_t i = size; i > first && i + 2 > size; --i) {
        if (arena[i - 1].index == index) {
            arena[i - 1].weight += weight;
            return;
        }
    }
    arena.push_back({index, weight});
}

// Appends the taps of one bin, each sample weighing `weight`.
void append_bin(Array<RoiTap>& arena, const Axis& axis, int64_t bin, int64_t extent, float weight) {
    const size_t first = arena.size();
    const float base = axis.start + static_cast<float>(bin) * axis.bin;
    double from = 0;
    double to = axis.grid;
    if (axis.grid > kLargeGrid) {
        const double samples_per_pixel = axis.grid / axis.bin;
        from = std::clamp(std::floor((-1.0 - base) * samples_per_pixel) - 4, 0.0, axis.grid);
        to = std::clamp(std::ceil((static_cast<double>(extent) - base) * samples_per_pixel) + 4, from, axis.grid);
        to = std::min(to, from + 2.0 * static_cast<double>(extent) + 16);
    }
    const float grid = static_cast<float>(axis.grid);
    const auto samples = static_cast<int64_t>(to - from);
    for (int64_t s = 0; s < samples; ++s) {
        const float position = base + (static_cast<float>(from + static_cast<double>(s)) + 0.5f) * axis.bin / grid;
        if (!(position >= -1.0f && position <= static_cast<float>(extent))) continue;
        const float clamped = std::max(position, 0.0f);
        const auto low = static_cast<int32_t>(clamped);
        if (low >= extent - 1) {
            add_tap(arena, first, static_cast<int32_t>(extent - 1), weight);
        } else {
            const float fraction = clamped - static_cast<float>(low);
            add_tap(arena, first, low, weight * (1.0f - fraction));
            add_tap(arena, first, low + 1, weight * fraction);
        }
    }
}

}  // namespace

int64_t first_bad_roi(const Rois& rois, const RoiAlignLevel* levels, int level_count) {
    for (int64_t r = 0; r < rois.count; ++r) {
        const int32_t level = rois.levels == nullptr ? 0 : rois.levels[r];
        if (level < 0 || level >= level_count) return r;
        const float* roi = rois.data + r * 5;
        if (!(roi[0] >= 0.0f && roi[0] < static_cast<float>(levels[level].batch))) return r;
        const float scale = levels[level].spatial_scale;
        // Infinite where a corner, or the distance of two, is.
        if (!std::isfinite(roi[3] * scale - roi[1] * scale) || !std::isfinite(roi[4] * scale - roi[2] * scale)) return r;
    }
    return -1;
}

RoiTaps::RoiTaps(const RoiAlignParams& params, const RoiAlignLevel* levels, int only_level, const Rois& rois,
                 Executor& executor)
    : pooled_height_(params.pooled_height),
      per_roi_(params.pooled_height + params.pooled_width),
      bins_(static_cast<size_t>(rois.count * per_roi_)),
      arenas_(static_cast<size_t>((rois.count + kRoisPerTask - 1) / kRoisPerTask)) {
    executor.run(static_cast<int>(arenas_.size()), [&](int task) {
        Array<RoiTap>& arena = arenas_[static_cast<size_t>(task)];
        const int64_t begin = task * kRoisPerTask;
        const int64_t end = std::min(begin + kRoisPerTask, rois.count);
        for (int64_t r = begin; r < end; ++r) {
            const int32_t of_roi = rois.levels == nullptr ? 0 : rois.levels[r];
            if (only_level >= 0 && of_roi != only_level) continue;
            const RoiAlignLevel& level = levels[only_level >= 0 ? 0 : of_roi];
            const float* roi = rois.data + r * 5;
            const Axis y = make_axis(roi[2], roi[4], level.spatial_scale, params.pooled_height, params.sampling_ratio, params.aligned);
            const Axis x = make_axis(roi[1], roi[3], level.spatial_scale, params.pooled_width, params.sampling_ratio, params.aligned);
            // An empty grid on either axis (a box without area, adaptive sampling) has no samples: its bins are 0.
            if (y.grid == 0 || x.grid == 0) continue;
            for (int64_t b = 0; b < per_roi_; ++b) {
                const bool is_row = b < pooled_height_;
                const Axis& axis = is_row ? y : x;
                const size_t first = arena.size();
                append_bin(arena, axis, is_row ? b : b - pooled_height_, is_row ? level.height : level.width,
                           static_cast<float>(1.0 / axis.grid));
                RoiBin& bin = bins_[static_cast<size_t>(r * per_roi_ + b)];
                bin.count = static_cast<int32_t>(arena.size() - first);
                if (bin.count == 0) continue;
                const auto order = [](const RoiTap& a, const RoiTap& c) { return a.index < c.index; };
                const auto [low, high] = std::minmax_element(arena.begin() + static_cast<int64_t>(first), arena.end(), order);
                bin.low = low->index;
                bin.high = high->index;
            }
        }
        // The arena no longer moves: turn counts into pointers.
        const RoiTap* next = arena.data();
        for (int64_t b = begin * per_roi_; b < end * per_roi_; ++b) {
            RoiBin& bin = bins_[static_cast<size_t>(b)];
            bin.taps = next;
            next += bin.count;
        }
    });
}

}  // namespace icconv
