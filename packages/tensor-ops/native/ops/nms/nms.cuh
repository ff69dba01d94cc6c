// What nms.cu and its host code share.
#ifndef ICCONV_OPS_NMS_CUH_
#define ICCONV_OPS_NMS_CUH_

#include "cuda/prelude.cuh"

namespace icconv {

// Boxes of a block, and bits of a word of the mask.
constexpr int kNmsTile = 64;

}  // namespace icconv

#endif  // ICCONV_OPS_NMS_CUH_
