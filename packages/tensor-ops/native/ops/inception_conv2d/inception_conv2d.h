// Inception convolution on the CPU: K x K convolution with one dilation pair an output channel. README.md has the formula.
//
// N images, H x W input map, OH x OW output map (floor((H-1)/stride)+1), C input and O output channels, G groups, K kernel side
// (odd). All tensors are dense float32: x [N,H,W,C], y [N,OH,OW,O], filter [K,K,C/G,O]. Arguments are trusted: the callers
// check them.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_H_
#define ICCONV_OPS_INCEPTION_CONV2D_H_

#include <cstddef>

#include "common/memory.h"
#include "common/executor.h"
#include "common/precision.h"
#include "ops/inception_conv2d/branch_job.h"
#include "ops/inception_conv2d/job.h"
#include "ops/inception_conv2d/winograd_job.h"

namespace icconv {

// What depends on the pattern alone: channels sorted by dilation and cut into blocks. Make it once a layer.
class InceptionConv2DPlan {
public:
    // dilations: 2*out_channels numbers >= 1, dH and dW of each output channel, in any order.
    InceptionConv2DPlan(int in_channels, int out_channels, int kernel, int groups, const int* dilations);

    int in_channels() const { return in_channels_; }
    int out_channels() const { return out_channels_; }
    int kernel() const { return kernel_; }
    int groups() const { return groups_; }

    // Floats of a packed filter. The packed form depends on the plan and the precision only, not on the map, the machine or the SIMD level, and
    // the sizes of both precisions differ.
    size_t packed_size(Precision precision = Precision::kFloat32) const { return precision == Precision::kBfloat16 ? strips_size_ : packed_size_; }
    // precision: kBfloat16 wants has_bfloat16().
    void pack(const float* filter, float* packed, Executor& executor, Precision precision = Precision::kFloat32) const;

    // Whether there is a form of bfloat16: without groups, and with whole tiles of input channels.
    bool has_bfloat16() const { return !strips_.empty(); }
    // Of a packed filter of so many floats; false where there is no such.
    bool reads(size_t size, Precision* precision) const {
        *precision = size == packed_size_ ? Precision::kFloat32 : Precision::kBfloat16;
        return size == packed_size_ || (has_bfloat16() && size == strips_size_);
    }
    const Array<BranchStrip>& strips() const { return strips_; }

    const Array<ConvBlock>& blocks() const { return blocks_; }
    const Array<int>& order() const { return order_; }

    // Another cut of the branches that are wide enough, for packed filters at stride 1: groups for Winograd, those of a branch after one
    // another, and blocks for the rest of these branches.
    const Array<WinogradGroup>& winograd_groups() const { return winograd_groups_; }
    const Array<ConvBlock>& rest_blocks() const { return rest_blocks_; }

private:
    void cut_for_winograd();
    void cut_for_tiles();

    int in_channels_;
    int out_channels_;
    int kernel_;
    int groups_;
    size_t packed_size_ = 0;
    Array<ConvBlock> blocks_;
    Array<int> order_;
    Array<WinogradGroup> winograd_groups_;
    Array<ConvBlock> rest_blocks_;
    Array<BranchStrip> strips_;
    size_t strips_size_ = 0;
};

struct InceptionConv2DSize {
    int batch;
    int in_height;
    int in_width;
    int stride_height;
    int stride_width;

    int out_height() const { return (in_height - 1) / stride_height + 1; }
    int out_width() const { return (in_width - 1) / stride_width + 1; }
};

enum class ConvActivation { kLinear, kRelu };

// y from x. Exactly one of filter (HWIO) and packed (from plan.pack) is given, the other is null. bias: [O] or null. precision: that of
// `packed`; kBfloat16 wants conv2d_has_tiles(), and rounds inputs.
void inception_conv2d(const InceptionConv2DPlan& plan, const InceptionConv2DSize& size, const float* x, const float* filter,
                      const float* packed, const float* bias, ConvActivation activation, float* y, Executor& executor,
                      Precision precision = Precision::kFloat32);

// Bytes of memory that `threads` threads take in the forward pass, besides x, y and the filter; packed: whether the filter is.
size_t inception_conv2d_workspace(const InceptionConv2DPlan& plan, const InceptionConv2DSize& size, bool packed, int threads);

// dx [N,H,W,C] from dy [N,OH,OW,O].
void inception_conv2d_grad_input(const InceptionConv2DPlan& plan, const InceptionConv2DSize& size, const float* dy,
                                 const float* filter, float* dx, Executor& executor);

// dfilter [K,K,C/G,O] from x and dy.
void inception_conv2d_grad_filter(const InceptionConv2DPlan& plan, const InceptionConv2DSize& size, const float* x,
                                  const float* dy, float* dfilter, Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_H_
