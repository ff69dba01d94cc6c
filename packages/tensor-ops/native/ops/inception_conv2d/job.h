// Plain structures between the driver (inception_conv2d.cc, plan.cc), compiled for the baseline, and the tasks, compiled once a
// SIMD level. No standard containers here: their inline functions must not be compiled for AVX-512 and then be picked by the
// linker for everybody.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_JOB_H_
#define ICCONV_OPS_INCEPTION_CONV2D_JOB_H_

#include <cstddef>

namespace icconv {

// Output channels with one dilation, at most 32 of them: order[first .. first+count).
//
// Wide blocks (width 32 or 16, count may be less) keep output channels in the lanes of a vector; narrow ones (width = count <= 5) keep
// pixels there. A block's weights are [C/G cut in runs of kChannelRun][K*K][run][width], zero where width > count.
struct ConvBlock {
    int group;
    int dilation_h;
    int dilation_w;
    int first;
    int count;
    int width;
    bool wide;
    bool contiguous;  // Channels order[first .. first+count) are consecutive.
    size_t weights;   // Where the block begins in a packed filter.
};

// One cache line of input channels.
constexpr int kChannelRun = 16;
constexpr int kMaxNarrow = 5;

struct ConvShape {
    int batch;
    int in_h, in_w, in_c;
    int out_h, out_w, out_c;
    int kernel, groups;
    int stride_h, stride_w;

    int taps() const { return kernel * kernel; }
    int radius() const { return (kernel - 1) / 2; }
    int group_in() const { return in_c / groups; }
    int group_out() const { return out_c / groups; }
};

// Rows [row0, row1) of image `image`, by blocks [block0, block1) of the job.
struct ConvTask {
    int image;
    int row0, row1;
    int block0, block1;
};

struct ForwardJob {
    ConvShape shape;
    const float* x;
    const float* filter;  // Or null:
    const float* packed;
    const float* bias;         // [O], zeros if there is none.
    const float* sorted_bias;  // [number of blocks][32]: bias of each block's channels.
    bool relu;
    float* y;
    const ConvBlock* blocks;  // Wide ones first.
    const int* order;
    const ConvTask* tasks;
    size_t share;  // Bytes a thread should stay below; see workspace_share.
};

struct GradInputJob {
    ConvShape shape;
    const float* dy;
    const float* filter;
    float* dx;
    const ConvBlock* blocks;  // In order of `first`.
    int block_count;
    const int* order;
    const ConvTask* tasks;  // Their blocks count runs of 32 input channels of a group.
};

struct GradFilterJob {
    ConvShape shape;
    const float* x;
    const float* dy;
    float* dfilter;
    const ConvBlock* blocks;  // In order of `first`, none wider than kMaxFilterBlock.
    const int* order;
    const ConvTask* tasks;  // image and rows are not used: a task sees the whole batch.
};

constexpr int kMaxFilterBlock = 6;

// What one SIMD level offers. Workspace sizes are bytes; workspaces are aligned to 64.
struct ConvLevel {
    size_t (*forward_workspace)(const ForwardJob&, const ConvTask&);
    void (*forward)(const ForwardJob&, const ConvTask&, void* workspace);
    size_t (*grad_input_workspace)(const GradInputJob&, const ConvTask&);
    void (*grad_input)(const GradInputJob&, const ConvTask&, void* workspace);
    size_t (*grad_filter_workspace)(const GradFilterJob&, const ConvTask&);
    void (*grad_filter)(const GradFilterJob&, const ConvTask&, void* workspace);
};

const ConvLevel& conv_level_portable();
const ConvLevel& conv_level_avx2();
const ConvLevel& conv_level_avx512();

}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_JOB_H_
