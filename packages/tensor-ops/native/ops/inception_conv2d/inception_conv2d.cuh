// What the kernels of inception convolution and their host code share. README.md has the formula and the letters.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_CUH_
#define ICCONV_OPS_INCEPTION_CONV2D_CUH_

#include "cuda/prelude.cuh"

namespace icconv {

struct InceptionCudaShape {
    int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c;
    int32_t kernel, stride_h, stride_w, groups;
};

// Output channels order[first .. first + count) of one group and one dilation, at most kInceptionTile of them.
struct InceptionCudaTile {
    int32_t first, count, group, dilation_h, dilation_w;
};

// A block multiplies two matrices, 64 rows of the one by 64 columns of the other, 16 of the reduction at a time; each of its threads has
// 4 x 4 sums.
constexpr int kInceptionTile = 64;
constexpr int kInceptionSlab = 16;
constexpr int kInceptionThreads = 256;
// Rows of pixels where tensor cores multiply, with the same columns.
constexpr int kInceptionMmaRows = 128;

}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_CUH_
