// RoIAlign and its gradient on CUDA, float32: one thread a number of the pooled maps. The rules are those of roi_align_taps.cc, in the same order
// of operations and without fused ones, so that ceil() and the borders agree with it.
#include "ops/roi_align/roi_align.cuh"

namespace icconv {

// As on the CPU: beyond it, samples far outside the map are skipped.
constexpr double kLargeGrid = 4096;

struct Axis {
    float start, bin;
    double grid;
};

__device__ __forceinline__ Axis axis_of(float low, float high, float scale, int32_t bins, int32_t sampling_ratio, bool aligned) {
    const float offset = aligned ? 0.5f : 0.0f;
    const float start = __fsub_rn(__fmul_rn(low, scale), offset);
    float size = __fsub_rn(__fsub_rn(__fmul_rn(high, scale), offset), start);
    if (!aligned) size = fmaxf(size, 1.0f);
    const float bin = __fdiv_rn(size, static_cast<float>(bins));
    const double grid = sampling_ratio > 0 ? sampling_ratio : ceil(static_cast<double>(bin));
    return {start, bin, grid > 0 ? grid : 0};
}

// Samples [from, from + count) of a bin's grid.
struct Samples {
    float base, bin, grid;
    double from;
    int64_t count;
};

__device__ __forceinline__ Samples samples_of(const Axis& axis, int32_t bin, int32_t extent) {
    const float base = __fadd_rn(axis.start, __fmul_rn(static_cast<float>(bin), axis.bin));
    double from = 0, to = axis.grid;
    if (axis.grid > kLargeGrid) {
        const double per_pixel = axis.grid / axis.bin;
        from = fmin(fmax(floor((-1.0 - base) * per_pixel) - 4, 0.0), axis.grid);
        to = fmin(fmax(ceil((static_cast<double>(extent) - base) * per_pixel) + 4, from), axis.grid);
        to = fmin(to, from + 2.0 * extent + 16);
    }
    return {base, axis.bin, static_cast<float>(axis.grid), from, static_cast<int64_t>(to - from)};
}

// The two pixels that a sample lies between, and its share of the second; low is -1 outside the map.
struct Tap {
    int32_t low, high;
    float fraction;
};

__device__ __forceinline__ Tap tap_of(const Samples& s, int64_t sample, int32_t extent) {
    const float place = __fadd_rn(static_cast<float>(s.from + static_cast<double>(sample)), 0.5f);
    const float position = __fadd_rn(s.base, __fdiv_rn(__fmul_rn(place, s.bin), s.grid));
    if (!(position >= -1.0f && position <= static_cast<float>(extent))) return {-1, -1, 0};
    const float clamped = fmaxf(position, 0.0f);
    const int32_t low = static_cast<int32_t>(clamped);
    if (low >= extent - 1) return {extent - 1, extent - 1, 0};
    return {low, low + 1, clamped - static_cast<float>(low)};
}

// Which number of the pooled maps a thread has.
struct Place {
    int32_t roi, row, column, channel;
};

__device__ __forceinline__ bool place_of(const RoiAlignCudaShape& s, Place* place) {
    const int64_t index = static_cast<int64_t>(blockIdx.x) * kRoiAlignThreads + threadIdx.x;
    const int64_t bin = index / s.channels;
    place->channel = static_cast<int32_t>(index % s.channels);
    place->column = static_cast<int32_t>(bin % s.pooled_width);
    place->row = static_cast<int32_t>(bin / s.pooled_width % s.pooled_height);
    const int64_t roi = bin / s.pooled_width / s.pooled_height;
    place->roi = static_cast<int32_t>(roi);
    return roi < s.rois;
}

// Calls visit(offset, weight) for each pixel that a thread's number averages; offset counts floats of the map.
template <typename Visit>
__device__ __forceinline__ void for_pixels(const float* roi, const RoiAlignCudaMap& map, const RoiAlignCudaShape& s, const Place& p, Visit visit) {
    const Axis y = axis_of(roi[2], roi[4], map.scale, s.pooled_height, s.sampling_ratio, s.aligned != 0);
    const Axis x = axis_of(roi[1], roi[3], map.scale, s.pooled_width, s.sampling_ratio, s.aligned != 0);
    if (y.grid == 0 || x.grid == 0) return;
    const Samples rows = samples_of(y, p.row, map.height), columns = samples_of(x, p.column, map.width);
    const float weight_y = static_cast<float>(1.0 / y.grid), weight_x = static_cast<float>(1.0 / x.grid);
    const int64_t image = static_cast<int64_t>(roi[0]) * map.height;
    for (int64_t i = 0; i < rows.count; ++i) {
        const Tap row = tap_of(rows, i, map.height);
        if (row.low < 0) continue;
        const int64_t top = (image + row.low) * map.width, bottom = (image + row.high) * map.width;
        const float upper = weight_y * (1.0f - row.fraction), lower = weight_y * row.fraction;
        for (int64_t j = 0; j < columns.count; ++j) {
            const Tap column = tap_of(columns, j, map.width);
            if (column.low < 0) continue;
            const float left = weight_x * (1.0f - column.fraction), right = weight_x * column.fraction;
            visit((top + column.low) * s.channels + p.channel, upper * left);
            visit((top + column.high) * s.channels + p.channel, upper * right);
            visit((bottom + column.low) * s.channels + p.channel, lower * left);
            visit((bottom + column.high) * s.channels + p.channel, lower * right);
        }
    }
}

}  // namespace icconv

using namespace icconv;

// output [R, PH, PW, C]; levels [R] may be null.
extern "C" __global__ void __launch_bounds__(kRoiAlignThreads)
    icconv_roi_align(const float* __restrict__ rois, const int32_t* __restrict__ levels, RoiAlignCudaMaps maps, float* __restrict__ output,
                     RoiAlignCudaShape s) {
    Place p;
    if (!place_of(s, &p)) return;
    const RoiAlignCudaMap& map = maps.map[levels == nullptr ? 0 : levels[p.roi]];
    float sum = 0;
    for_pixels(rois + static_cast<int64_t>(p.roi) * 5, map, s, p, [&](int64_t offset, float weight) { sum += weight * map.features[offset]; });
    output[static_cast<int64_t>(blockIdx.x) * kRoiAlignThreads + threadIdx.x] = sum;
}

// Adds to grad_features [N, H, W, C], the map of one level, what the RoIs of that level give. The order of additions is the device's.
extern "C" __global__ void __launch_bounds__(kRoiAlignThreads)
    icconv_roi_align_grad(const float* __restrict__ rois, const int32_t* __restrict__ levels, int32_t level, RoiAlignCudaMap map,
                          const float* __restrict__ grad_output, float* grad_features, RoiAlignCudaShape s) {
    Place p;
    if (!place_of(s, &p) || (levels != nullptr && levels[p.roi] != level)) return;
    const float grad = grad_output[static_cast<int64_t>(blockIdx.x) * kRoiAlignThreads + threadIdx.x];
    for_pixels(rois + static_cast<int64_t>(p.roi) * 5, map, s, p, [&](int64_t offset, float weight) {
        if (weight != 0) atomicAdd(grad_features + offset, weight * grad);
    });
}
