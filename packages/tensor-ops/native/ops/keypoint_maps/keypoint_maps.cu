// Heatmaps and tag maps of one image on CUDA: one thread a number of the result, one launch. Neighbours in a row lie between the same pixels of a
// smaller output, so that its reads, though C floats apart, come from the caches.
#include "ops/keypoint_maps/keypoint_maps.cuh"

namespace icconv {

// As keypoint_maps.cc has it: in float32, and not fused.
struct Between {
    int32_t low, high;
    float weight;
};

__device__ __forceinline__ Between between(int32_t position, int32_t source, int32_t target) {
    const float scale = __fdiv_rn(static_cast<float>(source), static_cast<float>(target));
    const float place = fmaxf(0.0f, __fsub_rn(__fmul_rn(scale, static_cast<float>(position) + 0.5f), 0.5f));
    const int32_t low = min(static_cast<int32_t>(place), source - 1);
    return {low, min(low + 1, source - 1), fminf(1.0f, place - static_cast<float>(low))};
}

// Calls at(pixel's number in an image, the same mirrored in x) for the four neighbours and blends what it gives; an output of the result's size is
// taken as it is, infinities too.
template <typename At>
__device__ __forceinline__ float resized(const KeypointCudaOutput& o, const KeypointCudaShape& s, int32_t y, int32_t x, At at) {
    const bool same = o.height == s.height && o.width == s.width;
    const Between rows = same ? Between{y, y, 0} : between(y, o.height, s.height);
    const Between columns = same ? Between{x, x, 0} : between(x, o.width, s.width);
    // In one place, so that compilers inline it.
    float corners[4];
    ICCONV_UNROLL
    for (int i = 0; i < 4; ++i) {
        const int64_t first = static_cast<int64_t>(i < 2 ? rows.low : rows.high) * o.width;
        const int32_t column = i % 2 == 0 ? columns.low : columns.high;
        corners[i] = at(first + column, first + (o.width - 1 - column));
    }
    if (same) return corners[0];
    const float top = corners[0] + columns.weight * (corners[1] - corners[0]), bottom = corners[2] + columns.weight * (corners[3] - corners[2]);
    return top + rows.weight * (bottom - top);
}

}  // namespace icconv

using namespace icconv;

// heatmaps [K, H, W], then tags [F, C - K, H, W] of output tags_from. flip_index [K].
extern "C" __global__ void __launch_bounds__(kKeypointMapsThreads)
    icconv_keypoint_maps(KeypointCudaOutputs outputs, const int32_t* __restrict__ flip_index, KeypointCudaShape s, float* __restrict__ heatmaps,
                         float* __restrict__ tags) {
    const int64_t index = static_cast<int64_t>(blockIdx.x) * kKeypointMapsThreads + threadIdx.x;
    const int32_t x = static_cast<int32_t>(index % s.width), y = static_cast<int32_t>(index / s.width % s.height);
    const int64_t map = index / s.width / s.height;
    if (map < s.keypoints) {
        const int32_t k = static_cast<int32_t>(map), mirrored = flip_index[k];
        float sum = 0;
        for (int32_t i = 0; i < s.outputs; ++i) {
            const KeypointCudaOutput& o = outputs.output[i];
            const float* const second = o.images > 1 ? o.data + static_cast<int64_t>(o.height) * o.width * o.channels : nullptr;
            const float share = 1.0f / static_cast<float>(s.outputs) / static_cast<float>(o.images);
            sum += resized(o, s, y, x, [&](int64_t here, int64_t there) {
                const float own = o.data[here * o.channels + k];
                return share * (second == nullptr ? own : own + second[there * o.channels + mirrored]);
            });
        }
        heatmaps[index] = sum;
        return;
    }
    const KeypointCudaOutput& o = outputs.output[s.tags_from];
    const int32_t channels = o.channels - s.keypoints;
    const int64_t tag = map - s.keypoints;
    if (channels == 0 || tag >= static_cast<int64_t>(o.images) * channels) return;
    const bool second = tag >= channels;
    const int32_t c = static_cast<int32_t>(tag % channels);
    const int32_t channel = s.keypoints + (second && channels == s.keypoints ? flip_index[c] : c);
    const float* const data = o.data + (second ? static_cast<int64_t>(o.height) * o.width * o.channels : 0);
    tags[index - static_cast<int64_t>(s.keypoints) * s.height * s.width] =
        resized(o, s, y, x, [&](int64_t here, int64_t there) { return data[(second ? there : here) * o.channels + channel]; });
}
