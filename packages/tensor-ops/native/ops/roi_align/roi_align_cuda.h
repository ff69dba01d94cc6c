// RoIAlign on CUDA: the host's part. Letters and rules: roi_align.h. Pointers are the device's but those of `levels` and `features` themselves.
#ifndef ICCONV_OPS_ROI_ALIGN_CUDA_H_
#define ICCONV_OPS_ROI_ALIGN_CUDA_H_

#include "cuda/launcher.h"
#include "ops/roi_align/roi_align.cuh"
#include "ops/roi_align/roi_align.h"

namespace icconv {

// As roi_align(), for at most kRoiAlignMaps levels.
void roi_align_cuda(const RoiAlignParams& params, const RoiAlignLevel* levels, const float* const* features, int level_count, const Rois& rois,
                    float* output, Launcher& launcher);

// As roi_align_grad(), but that the order of additions, and with it the last bits, may differ from call to call.
void roi_align_grad_cuda(const RoiAlignParams& params, const RoiAlignLevel& level, int level_index, const Rois& rois, const float* grad_output,
                         float* grad_features, Launcher& launcher);

}  // namespace icconv

#endif  // ICCONV_OPS_ROI_ALIGN_CUDA_H_
