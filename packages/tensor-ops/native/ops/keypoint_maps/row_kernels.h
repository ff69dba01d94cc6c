// The loops over rows, one set for each SIMD level. Internal to this folder.
#ifndef ICCONV_OPS_KEYPOINT_MAPS_ROW_KERNELS_H_
#define ICCONV_OPS_KEYPOINT_MAPS_ROW_KERNELS_H_

#include <cstdint>

namespace icconv::keypoint_maps_internal {

// Positions along one axis: a result lies between `low` and `high` of the source, at the share `weight` of the way.
struct Positions {
    const int32_t* low;
    const int32_t* high;
    const float* weight;
};

struct RowKernels {
    // out[i] = source between positions.
    void (*expand)(const float* source, Positions positions, int64_t count, float* out);
    // out[i] = a[i] + weight * (b[i] - a[i]); past the caches where `out` allows it.
    void (*blend)(const float* a, const float* b, float weight, int64_t count, float* out);
    // The same, added to out[i].
    void (*blend_add)(const float* a, const float* b, float weight, int64_t count, float* out);
};

const RowKernels& row_kernels_portable();
const RowKernels& row_kernels_avx2();
const RowKernels& row_kernels_avx512();

}  // namespace icconv::keypoint_maps_internal

#endif  // ICCONV_OPS_KEYPOINT_MAPS_ROW_KERNELS_H_
