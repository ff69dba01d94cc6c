// The two inner loops of RoIAlign, one set for each SIMD level. Internal to this folder.
#ifndef ICCONV_OPS_ROI_ALIGN_ROI_ALIGN_KERNELS_H_
#define ICCONV_OPS_ROI_ALIGN_ROI_ALIGN_KERNELS_H_

#include <cstdint>

#include "ops/roi_align/roi_align_taps.h"

namespace icconv {

// A bin's pixels: `origin` is pixel (0, 0) of the image, pixels hold `channels` floats, rows are `row_stride` floats apart.
struct RoiWindow {
    const RoiTap* rows;
    const RoiTap* columns;
    int32_t row_count;
    int32_t column_count;
    int64_t row_stride;
    int64_t channels;
};

struct RoiAlignKernels {
    // output[c] = sum over taps of weight * origin[pixel][c]. With `stream`, stores may bypass the cache; finish() then orders them.
    void (*gather)(const RoiWindow& window, const float* origin, float* output, bool stream);
    // origin[pixel][c] += weight * grad[c] for every tap.
    void (*scatter)(const RoiWindow& window, const float* grad, float* origin);
    void (*finish)();
};

const RoiAlignKernels& roi_align_kernels_avx2();
const RoiAlignKernels& roi_align_kernels_avx512();

}  // namespace icconv

#endif  // ICCONV_OPS_ROI_ALIGN_ROI_ALIGN_KERNELS_H_
