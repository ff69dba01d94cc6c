// What of grouping keypoints looks at every pixel, on CUDA. Floats are not fused, so that all is decided as on the CPU, to the last bit.
#include "ops/keypoint_grouping/keypoint_grouping.cuh"

namespace icconv {

__device__ __forceinline__ KeypointCudaPeak peak_at(const KeypointCudaMaps& m, int32_t joint, int32_t index) {
    const float* const map = m.heatmaps + static_cast<int64_t>(joint) * m.height * m.width;
    const int32_t x = index % m.width, y = index / m.width;
    const bool right = map[y * m.width + min(m.width - 1, x + 1)] > map[y * m.width + max(0, x - 1)];
    const bool below = map[min(m.height - 1, y + 1) * m.width + x] > map[max(0, y - 1) * m.width + x];
    return {joint, index, map[index], right, below};
}

__device__ __forceinline__ bool is_largest(const float* map, const KeypointCudaMaps& m, int32_t y, int32_t x, int32_t radius) {
    const float value = map[y * m.width + x];
    const int32_t left = max(0, x - radius), right = min(m.width - 1, x + radius), bottom = min(m.height - 1, y + radius);
    for (int32_t v = max(0, y - radius); v <= bottom; ++v) {
        for (int32_t u = left; u <= right; ++u) {
            if (map[v * m.width + u] > value) return false;
        }
    }
    return true;
}

__device__ __forceinline__ int64_t tag_offset(const KeypointCudaMaps& m, int32_t t, int32_t joint) {
    return (static_cast<int64_t>(t) * m.tag_maps + (m.tag_maps == 1 ? 0 : joint)) * m.height * m.width;
}

// Of two floats the larger has the larger number.
__device__ __forceinline__ uint32_t ordered(float value) {
    const uint32_t bits = static_cast<uint32_t>(__float_as_int(value));
    return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

}  // namespace icconv

using namespace icconv;

// One thread a number of all maps. Peaks, greater than the threshold and not less than any within `radius` rows and columns, come in any order;
// those beyond `capacity` are only counted. counts [2]: of peaks, and of numbers that are not finite; zero before. peak_tags [capacity, T].
extern "C" __global__ void __launch_bounds__(kGroupingThreads)
    icconv_keypoint_peaks(KeypointCudaMaps m, float threshold, int32_t radius, uint32_t capacity, uint32_t* counts, KeypointCudaPeak* __restrict__ peaks,
                          float* __restrict__ peak_tags) {
    const int64_t index = static_cast<int64_t>(blockIdx.x) * kGroupingThreads + threadIdx.x;
    const int64_t area = static_cast<int64_t>(m.height) * m.width, heat = m.joints * area;
    if (index >= heat) {
        if (index - heat >= static_cast<int64_t>(m.tag_size) * m.tag_maps * area) return;
        const float tag = m.tags[index - heat];
        if (!(tag - tag == 0)) atomicAdd(&counts[1], 1u);
        return;
    }
    const float value = m.heatmaps[index];
    if (!(value - value == 0)) atomicAdd(&counts[1], 1u);
    if (!(value > threshold)) return;
    const int32_t joint = static_cast<int32_t>(index / area), pixel = static_cast<int32_t>(index % area);
    if (!is_largest(m.heatmaps + joint * area, m, pixel / m.width, pixel % m.width, radius)) return;
    const uint32_t at = atomicAdd(&counts[0], 1u);
    if (at >= capacity) return;
    peaks[at] = peak_at(m, joint, pixel);
    for (int32_t t = 0; t < m.tag_size; ++t) peak_tags[static_cast<int64_t>(at) * m.tag_size + t] = m.tags[tag_offset(m, t, joint) + pixel];
}

// The best pixel of each of the missing, for which joints and means [missing, T] stand: its score in the upper half of best, and in the lower one
// the complement of its number, so that the first of equals is the largest; zero before. Blocks: missing, times splits.
extern "C" __global__ void __launch_bounds__(kGroupingThreads)
    icconv_keypoint_nearest(KeypointCudaMaps m, const int32_t* __restrict__ joints, const float* __restrict__ means, int32_t splits, uint64_t* best) {
    __shared__ uint64_t part[kGroupingThreads];
    const int32_t missing = static_cast<int32_t>(blockIdx.x / splits), joint = joints[missing];
    const int32_t area = m.height * m.width;
    const float* const map = m.heatmaps + static_cast<int64_t>(joint) * area;
    const float* const mean = means + static_cast<int64_t>(missing) * m.tag_size;
    uint64_t own = 0;
    for (int64_t i = static_cast<int64_t>(blockIdx.x % splits) * kGroupingThreads + threadIdx.x; i < area; i += static_cast<int64_t>(splits) * kGroupingThreads) {
        float squares = 0;
        for (int32_t t = 0; t < m.tag_size; ++t) {
            const float d = m.tags[tag_offset(m, t, joint) + i] - mean[t];
            squares = __fadd_rn(squares, __fmul_rn(d, d));
        }
        // A score of -0 is as good as 0.
        const float score = __fadd_rn(map[i] - rintf(sqrtf(squares)), 0.0f);
        own = max(own, static_cast<uint64_t>(ordered(score)) << 32 | static_cast<uint32_t>(~static_cast<uint32_t>(i)));
    }
    part[threadIdx.x] = own;
    __syncthreads();
    for (uint32_t half = kGroupingThreads / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) part[threadIdx.x] = max(part[threadIdx.x], part[threadIdx.x + half]);
        __syncthreads();
    }
    if (threadIdx.x == 0) atomicMax(&best[missing], part[0]);
}

// What lies at the best pixels.
extern "C" __global__ void __launch_bounds__(kGroupingThreads)
    icconv_keypoint_places(KeypointCudaMaps m, const int32_t* __restrict__ joints, const uint64_t* __restrict__ best, int32_t count,
                           KeypointCudaPeak* __restrict__ places) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kGroupingThreads + threadIdx.x;
    if (i < count) places[i] = peak_at(m, joints[i], static_cast<int32_t>(~static_cast<uint32_t>(best[i])));
}
