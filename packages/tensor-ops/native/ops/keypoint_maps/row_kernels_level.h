// The table of one SIMD level: plain loops that the compiler vectorises. Included last by the one file that is compiled for that level,
// after it has defined StreamStore.
#ifndef ICCONV_OPS_KEYPOINT_MAPS_ROW_KERNELS_LEVEL_H_
#define ICCONV_OPS_KEYPOINT_MAPS_ROW_KERNELS_LEVEL_H_

#include <cstdint>

#include "ops/keypoint_maps/row_kernels.h"

namespace icconv::keypoint_maps_internal {
namespace {

void expand(const float* __restrict source, Positions positions, int64_t count, float* __restrict out) {
    const int32_t* __restrict low = positions.low;
    const int32_t* __restrict high = positions.high;
    const float* __restrict weight = positions.weight;
    for (int64_t i = 0; i < count; ++i) {
        const float a = source[low[i]];
        out[i] = a + weight[i] * (source[high[i]] - a);
    }
}

void blend(const float* a, const float* b, float weight, int64_t count, float* out) {
    int64_t i = 0;
    if (reinterpret_cast<std::uintptr_t>(out) % (sizeof(float) * StreamStore::kCount) == 0) i = StreamStore::blend(a, b, weight, count, out);
    for (; i < count; ++i) out[i] = a[i] + weight * (b[i] - a[i]);
}

void blend_add(const float* a, const float* b, float weight, int64_t count, float* out) {
    for (int64_t i = 0; i < count; ++i) out[i] += a[i] + weight * (b[i] - a[i]);
}

constexpr RowKernels kRowKernels = {expand, blend, blend_add};

}  // namespace
}  // namespace icconv::keypoint_maps_internal

#endif  // ICCONV_OPS_KEYPOINT_MAPS_ROW_KERNELS_LEVEL_H_
