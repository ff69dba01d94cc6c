// Inception convolution on CUDA: the host's part. Formula and letters: README.md; kernels: inception_conv2d.cu, and inception_conv2d_mma.cu for tensor
// cores. All pointers are the device's.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_CUDA_H_
#define ICCONV_OPS_INCEPTION_CONV2D_CUDA_H_

#include <cstddef>
#include <cstdint>

#include "common/memory.h"
#include "cuda/launcher.h"
#include "cuda/precision.h"
#include "ops/inception_conv2d/inception_conv2d.cuh"
#include "ops/inception_conv2d/inception_conv2d.h"

namespace icconv {

// What depends on the pattern alone: output channels sorted by group and dilation and cut into tiles.
class InceptionConv2DCudaPlan {
public:
    // dilations: 2 * out_channels numbers >= 1, dH and dW of each output channel, in any order.
    InceptionConv2DCudaPlan(int out_channels, int groups, const int* dilations);

    // To be copied to the device once: tiles, then the first tile of each group and their number, then the order of the channels.
    const Array<int32_t>& tables() const { return tables_; }

    int tile_count() const { return tile_count_; }
    int groups() const { return groups_; }
    int out_channels() const { return out_channels_; }

private:
    int out_channels_;
    int groups_;
    int tile_count_ = 0;
    Array<int32_t> tables_;
};

// A call: the plan with its tables on the device, the map and the filter's sizes.
struct InceptionConv2DCudaCall {
    const InceptionConv2DCudaPlan& plan;
    const int32_t* tables;
    InceptionConv2DSize size;
    int in_channels;
    int kernel;
    Precision precision = Precision::kFloat32;
};

// bias [O] and residual [N,OH,OW,O] may be null.
void inception_conv2d_cuda(const InceptionConv2DCudaCall& call, const float* x, const float* filter, const float* bias, const float* residual,
                           ConvActivation activation, float* y, Launcher& launcher);

// Gradients have no halves: those of a call with halves are in TF32.
void inception_conv2d_grad_input_cuda(const InceptionConv2DCudaCall& call, const float* dy, const float* filter, float* dx, Launcher& launcher);

// Into how many pieces the filter's gradient cuts the pixels, so that `blocks` blocks, some for each multiprocessor, have work; and the floats
// of memory that this takes.
int inception_conv2d_grad_filter_splits(const InceptionConv2DCudaCall& call, int blocks);
size_t inception_conv2d_grad_filter_workspace(const InceptionConv2DCudaCall& call, int splits);

void inception_conv2d_grad_filter_cuda(const InceptionConv2DCudaCall& call, int splits, const float* x, const float* dy, float* dfilter,
                                       float* workspace, Launcher& launcher);

}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_CUDA_H_
