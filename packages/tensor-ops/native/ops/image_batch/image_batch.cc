#include "ops/image_batch/image_batch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/memory.h"
#include "common/simd.h"
#include "ops/image_batch/image_batch_kernels.h"
#include "ops/image_batch/plan.h"

namespace icconv {
namespace image_batch_detail {
namespace {

// A task's rows: enough that the source rows two tasks both resample are few, small enough to share the work out.
constexpr int64_t kTaskRows = 32;

void horizontal(const uint8_t* source, const LinearTaps& taps, const float* scale, const float* bias, float* row) {
    for (int64_t x = 0; x < taps.count; ++x) {
        const uint8_t* a = source + 3 * int64_t{taps.first[x]};
        const uint8_t* b = source + 3 * int64_t{taps.second[x]};
        const float weight = taps.weight[x];
        for (int c = 0; c < 3; ++c) {
            const float low = a[c];
            row[3 * x + c] = (low + weight * (static_cast<float>(b[c]) - low)) * scale[c] + bias[c];
        }
    }
}

void vertical(const float* a, const float* b, float weight, int64_t count, float* out) {
    for (int64_t i = 0; i < count; ++i) out[i] = a[i] + weight * (b[i] - a[i]);
}

Kernels kernels() {
#if defined(__x86_64__)
    if (simd_level() >= SimdLevel::kAvx2) return avx2_kernels();
#endif
    return portable_kernels();
}

constexpr float kOnes[3] = {1, 1, 1};
constexpr float kZeros[3] = {0, 0, 0};

// In separate loops, so that the compiler can turn the first into vector instructions.
void normalise(const ImageBatchParams& params, const Placement& placement, float* values, int64_t pixels, float* out) {
    if (params.round || params.opencv) {
        // Adding a number whose last bit is worth 1 rounds to even, as nearbyint() would, which the baseline has no instruction for.
        constexpr float kRounder = 12582912.0f;  // 1.5 * 2^23
        // A warp rounds halves upwards, and its samples are multiples of 1/1024.
        const float nudge = params.opencv ? 1.0f / 2048 : 0.0f;
        for (int64_t i = 0; i < 3 * pixels; ++i) {
            const float shifted = (values[i] + nudge) + kRounder;
            values[i] = shifted - kRounder;
        }
    }
    if (placement.has_colour) {
        const float* m = placement.colour;
        for (int64_t i = 0; i < 3 * pixels; i += 3) {
            const float r = values[i];
            const float g = values[i + 1];
            const float b = values[i + 2];
            for (int c = 0; c < 3; ++c) {
                const float value = m[4 * c] * r + m[4 * c + 1] * g + m[4 * c + 2] * b + m[4 * c + 3];
                values[i + c] = std::min(std::max(value, 0.0f), 255.0f);
            }
        }
    }
    const int64_t first = params.reversed ? 2 : 0;
    for (int64_t i = 0; i < 3 * pixels; i += 3) {
        out[i] = values[i + first] * params.scale[0] + params.bias[0];
        out[i + 1] = values[i + 1] * params.scale[1] + params.bias[1];
        out[i + 2] = values[i + 2 - first] * params.scale[2] + params.bias[2];
    }
}

void fill_pixels(const float* colour, int64_t pixels, float* out) {
    for (int64_t i = 0; i < pixels; ++i) std::memcpy(out + 3 * i, colour, 3 * sizeof(float));
}

// Resamples source rows on demand and keeps the last two: neighbouring output rows need the same ones.
class RowCache {
public:
    RowCache(const Plan& plan, const ImageBatchParams& params, const Kernels& kernels)
        : plan_(plan), kernels_(kernels), width_(plan.x.inside_end - plan.x.inside_begin) {
        for (auto& row : rows_) row.resize(static_cast<size_t>(3 * width_ + 4));
        padded_.resize(static_cast<size_t>(3 * (plan.source.width + 2) + 4));
        opencv_ = params.opencv;
        std::copy(plan.border, plan.border + 3, padded_.begin());
        std::copy(plan.border, plan.border + 3, padded_.begin() + 3 * (plan.source.width + 1));
        scale_ = plan.direct ? params.scale : kOnes;
        bias_ = plan.direct ? params.bias : kZeros;
    }

    const float* get(int64_t y) {
        for (int i = 0; i < 2; ++i) {
            if (held_[i] == y) {
                newest_ = i;
                return rows_[i].data();
            }
        }
        const int slot = 1 - newest_;
        held_[slot] = y;
        newest_ = slot;
        resample(y, rows_[slot].data());
        return rows_[slot].data();
    }

private:
    void resample(int64_t y, float* row) {
        if (y < 0 || y >= plan_.source.height) {
            float border[3];
            std::copy(plan_.border, plan_.border + 3, border);
            fill_pixels(border, width_, row);
            return;
        }
        const uint8_t* source = plan_.source.data + 3 * plan_.source.width * y;
        // A warp sees a pixel of the border on either side. The kernels read a byte past a pixel, of the last row past the picture's end.
        if (opencv_ || y == plan_.source.height - 1) {
            std::memcpy(padded_.data() + 3, source, static_cast<size_t>(3 * plan_.source.width));
            source = padded_.data() + 3;
        }
        const Axis& axis = plan_.x;
        if (!axis.wide) {
            kernels_.horizontal(source, {axis.first.data(), axis.second.data(), axis.weight.data(), width_}, scale_, bias_, row);
            return;
        }
        for (int64_t x = 0; x < width_; ++x) {
            float sum[3] = {0, 0, 0};
            const uint8_t* pixel = source + 3 * int64_t{axis.start[x]};
            for (int64_t k = axis.offset[x]; k < axis.offset[x + 1]; ++k, pixel += 3) {
                for (int c = 0; c < 3; ++c) sum[c] += axis.weights[k] * static_cast<float>(pixel[c]);
            }
            for (int c = 0; c < 3; ++c) row[3 * x + c] = sum[c] * scale_[c] + bias_[c];
        }
    }

    const Plan& plan_;
    const Kernels& kernels_;
    const int64_t width_;
    Array<float> rows_[2];
    Array<uint8_t> padded_;
    const float* scale_;
    const float* bias_;
    // Row -1 is the border.
    int64_t held_[2] = {-2, -2};
    int newest_ = 0;
    bool opencv_ = false;
};

void paint_separable(const ImageBatchParams& params, const Plan& plan, const Kernels& kernels, int64_t from, int64_t to, float* image) {
    const Placement& placement = *plan.placement;
    const int64_t width = plan.x.inside_end - plan.x.inside_begin;
    RowCache cache(plan, params, kernels);
    Array<float> sampled(static_cast<size_t>(plan.direct ? 0 : 3 * width));
    Array<float> sums(static_cast<size_t>(plan.y.wide ? 3 * width : 0));
    for (int64_t y = from; y < to; ++y) {
        float* row = image + 3 * (y * params.width + placement.left);
        if (width == 0 || y < plan.y.inside_begin || y >= plan.y.inside_end) {
            fill_pixels(plan.fill, placement.right - placement.left, row);
            continue;
        }
        fill_pixels(plan.fill, plan.x.inside_begin - placement.left, row);
        float* inside = image + 3 * (y * params.width + plan.x.inside_begin);
        float* target = plan.direct ? inside : sampled.data();
        const int64_t p = y - plan.y.inside_begin;
        if (plan.y.wide) {
            std::fill(sums.begin(), sums.end(), 0.0f);
            int64_t source_row = plan.y.start[p];
            for (int64_t k = plan.y.offset[p]; k < plan.y.offset[p + 1]; ++k, ++source_row) {
                const float* values = cache.get(source_row);
                const float weight = plan.y.weights[k];
                for (int64_t i = 0; i < 3 * width; ++i) sums[i] += weight * values[i];
            }
            std::copy(sums.begin(), sums.end(), target);
        } else {
            const float* a = cache.get(plan.y.first[p]);
            const float* b = plan.y.second[p] == plan.y.first[p] ? a : cache.get(plan.y.second[p]);
            kernels.vertical(a, b, plan.y.weight[p], 3 * width, target);
        }
        if (!plan.direct) normalise(params, placement, sampled.data(), width, inside);
        fill_pixels(plan.fill, placement.right - plan.x.inside_end, image + 3 * (y * params.width + plan.x.inside_end));
    }
}

void paint_affine(const ImageBatchParams& params, const Plan& plan, int64_t from, int64_t to, float* image) {
    const Placement& placement = *plan.placement;
    const double* map = placement.map;
    const SourceImage& source = plan.source;
    const int64_t width = placement.right - placement.left;
    const double right = static_cast<double>(source.width) + kSlack;
    const double bottom = static_cast<double>(source.height) + kSlack;
    Array<float> values(static_cast<size_t>(3 * width));
    Array<uint8_t> outside(static_cast<size_t>(width));
    for (int64_t y = from; y < to; ++y) {
        const double centre_y = static_cast<double>(y) + 0.5;
        for (int64_t i = 0; i < width; ++i) {
            const double centre_x = static_cast<double>(placement.left + i) + 0.5;
            const double sx = map[0] * centre_x + map[1] * centre_y + map[2];
            const double sy = map[3] * centre_x + map[4] * centre_y + map[5];
            outside[i] = !(sx >= -kSlack && sx <= right && sy >= -kSlack && sy <= bottom);
            if (outside[i]) continue;
            const double ix = std::min(std::max(sx - 0.5, 0.0), static_cast<double>(source.width - 1));
            const double iy = std::min(std::max(sy - 0.5, 0.0), static_cast<double>(source.height - 1));
            const int64_t x0 = static_cast<int64_t>(ix);
            const int64_t y0 = static_cast<int64_t>(iy);
            const int64_t step_x = x0 + 1 < source.width ? 3 : 0;
            const int64_t step_y = y0 + 1 < source.height ? 3 * source.width : 0;
            const float wx = static_cast<float>(ix - static_cast<double>(x0));
            const float wy = static_cast<float>(iy - static_cast<double>(y0));
            const uint8_t* p = source.data + 3 * (y0 * source.width + x0);
            for (int c = 0; c < 3; ++c, ++p) {
                const float top = static_cast<float>(p[0]) + wx * (static_cast<float>(p[step_x]) - static_cast<float>(p[0]));
                const float bottom = static_cast<float>(p[step_y]) + wx * (static_cast<float>(p[step_y + step_x]) - static_cast<float>(p[step_y]));
                values[3 * i + c] = top + wy * (bottom - top);
            }
        }
        float* row = image + 3 * (y * params.width + placement.left);
        normalise(params, placement, values.data(), width, row);
        for (int64_t i = 0; i < width; ++i) {
            if (outside[i]) fill_pixels(plan.fill, 1, row + 3 * i);
        }
    }
}

// As paint_affine, where positions are those of OpenCV's warpAffine and the border blends with the fill.
void paint_warp(const ImageBatchParams& params, const Plan& plan, int64_t from, int64_t to, float* image) {
    const Placement& placement = *plan.placement;
    const double* map = placement.map;
    const SourceImage& source = plan.source;
    const int64_t width = placement.right - placement.left;
    Array<float> values(static_cast<size_t>(3 * width));
    Array<uint8_t> outside(static_cast<size_t>(width));
    const auto at = [&](int64_t x, int64_t y) {
        const bool inside = x >= 0 && x < source.width && y >= 0 && y < source.height;
        return inside ? source.data + 3 * (y * source.width + x) : plan.border;
    };
    for (int64_t y = from; y < to; ++y) {
        const int64_t origin_x = warp_origin(map, y), origin_y = warp_origin(map + 3, y);
        for (int64_t i = 0; i < width; ++i) {
            const int64_t steps_x = (origin_x + plan.step_x[i]) >> kWarpShift;
            const int64_t steps_y = (origin_y + plan.step_y[i]) >> kWarpShift;
            const int64_t x0 = steps_x >> kWarpShift;
            const int64_t y0 = steps_y >> kWarpShift;
            outside[i] = x0 < -1 || x0 >= source.width || y0 < -1 || y0 >= source.height;
            if (outside[i]) continue;
            const float wx = static_cast<float>(steps_x & (kWarpSteps - 1)) / kWarpSteps;
            const float wy = static_cast<float>(steps_y & (kWarpSteps - 1)) / kWarpSteps;
            const uint8_t* taps[4];
            if (x0 >= 0 && x0 + 1 < source.width && y0 >= 0 && y0 + 1 < source.height) {
                taps[0] = source.data + 3 * (y0 * source.width + x0);
                taps[1] = taps[0] + 3;
                taps[2] = taps[0] + 3 * source.width;
                taps[3] = taps[2] + 3;
            } else {
                for (int t = 0; t < 4; ++t) taps[t] = at(x0 + t % 2, y0 + t / 2);
            }
            for (int c = 0; c < 3; ++c) {
                const float top = static_cast<float>(taps[0][c]) + wx * (static_cast<float>(taps[1][c]) - static_cast<float>(taps[0][c]));
                const float bottom = static_cast<float>(taps[2][c]) + wx * (static_cast<float>(taps[3][c]) - static_cast<float>(taps[2][c]));
                values[3 * i + c] = top + wy * (bottom - top);
            }
        }
        float* row = image + 3 * (y * params.width + placement.left);
        normalise(params, placement, values.data(), width, row);
        for (int64_t i = 0; i < width; ++i) {
            if (outside[i]) fill_pixels(plan.fill, 1, row + 3 * i);
        }
    }
}

// Zeroes what no placement of the row covers; placements may overlap, so only a single one is cut out.
void clear_rows(const ImageBatchParams& params, const Array<const Plan*>& plans, int64_t from, int64_t to, float* image) {
    const Placement* only = plans.size() == 1 ? plans[0]->placement : nullptr;
    for (int64_t y = from; y < to; ++y) {
        float* row = image + 3 * y * params.width;
        if (only == nullptr || y < only->top || y >= only->bottom) {
            std::fill(row, row + 3 * params.width, 0.0f);
            continue;
        }
        std::fill(row, row + 3 * only->left, 0.0f);
        std::fill(row + 3 * only->right, row + 3 * params.width, 0.0f);
    }
}

}  // namespace

Kernels portable_kernels() { return {horizontal, vertical}; }

}  // namespace image_batch_detail

int64_t first_bad_placement(const ImageBatchParams& params, int64_t sources, const Placement* placements, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const Placement& p = placements[i];
        const bool good = p.source >= 0 && p.source < sources && p.batch >= 0 && p.batch < params.batch && p.top >= 0 && p.left >= 0 &&
                          p.top <= p.bottom && p.left <= p.right && p.bottom <= params.height && p.right <= params.width;
        if (!good) return i;
        for (double value : p.map) {
            if (!std::isfinite(value)) return i;
        }
    }
    return -1;
}

void image_batch(const ImageBatchParams& params, const SourceImage* sources, const Placement* placements, int64_t count, float* out,
                 Executor& executor) {
    using namespace image_batch_detail;
    const Kernels level = kernels();
    Array<Plan> plans;
    plans.reserve(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) plans.push_back(make_plan(params, sources[placements[i].source], placements[i]));
    Array<Array<const Plan*>> by_image(static_cast<size_t>(params.batch));
    for (const Plan& plan : plans) by_image[static_cast<size_t>(plan.placement->batch)].push_back(&plan);

    const int64_t chunks = (params.height + kTaskRows - 1) / kTaskRows;
    executor.run(static_cast<int>(params.batch * chunks), [&](int task) {
        const int64_t n = task / chunks;
        const int64_t from = task % chunks * kTaskRows;
        const int64_t to = std::min(params.height, from + kTaskRows);
        float* image = out + 3 * n * params.height * params.width;
        const auto& own = by_image[static_cast<size_t>(n)];
        clear_rows(params, own, from, to, image);
        for (const Plan* plan : own) {
            const int64_t top = std::max<int64_t>(from, plan->placement->top);
            const int64_t bottom = std::min<int64_t>(to, plan->placement->bottom);
            if (top >= bottom || plan->placement->left >= plan->placement->right) continue;
            if (plan->separable) {
                paint_separable(params, *plan, level, top, bottom, image);
            } else if (params.opencv) {
                paint_warp(params, *plan, top, bottom, image);
            } else {
                paint_affine(params, *plan, top, bottom, image);
            }
        }
    });
}

}  // namespace icconv
