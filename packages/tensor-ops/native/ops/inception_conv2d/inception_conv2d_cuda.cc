#include "ops/inception_conv2d/inception_conv2d_cuda.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace icconv {
namespace {

constexpr CudaKernel kForward{"inception_conv2d", "icconv_inception_conv2d"};
constexpr CudaKernel kForwardTf32{"inception_conv2d_mma", "icconv_inception_conv2d_tf32"};
constexpr CudaKernel kForwardFloat16{"inception_conv2d_mma", "icconv_inception_conv2d_float16"};
constexpr CudaKernel kForwardBfloat16{"inception_conv2d_mma", "icconv_inception_conv2d_bfloat16"};
constexpr CudaKernel kGradInput{"inception_conv2d", "icconv_inception_conv2d_grad_input"};
constexpr CudaKernel kGradInputTf32{"inception_conv2d_mma", "icconv_inception_conv2d_grad_input_tf32"};
constexpr CudaKernel kGradFilter{"inception_conv2d", "icconv_inception_conv2d_grad_filter"};
constexpr CudaKernel kGradFilterTf32{"inception_conv2d_mma", "icconv_inception_conv2d_grad_filter_tf32"};

constexpr int kTileInts = sizeof(InceptionCudaTile) / sizeof(int32_t);
// Of the partial sums of the filter's gradient, in floats: 64 MiB.
constexpr int64_t kMostPartial = 16 << 20;
// Slabs of pixels that a block of the filter's gradient adds up at least.
constexpr int64_t kLeastSlabs = 16;

bool by_tensor_cores(const InceptionConv2DCudaCall& call) { return call.precision != Precision::kFloat32; }
int64_t rows_of_a_block(const InceptionConv2DCudaCall& call) { return by_tensor_cores(call) ? kInceptionMmaRows : kInceptionTile; }

const CudaKernel& forward_of(Precision precision) {
    switch (precision) {
        case Precision::kTf32: return kForwardTf32;
        case Precision::kFloat16: return kForwardFloat16;
        case Precision::kBfloat16: return kForwardBfloat16;
        default: return kForward;
    }
}

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

InceptionCudaShape shape_of(const InceptionConv2DCudaCall& call) {
    const InceptionConv2DSize& s = call.size;
    return {s.batch,       s.in_height,     s.in_width,      call.in_channels,  s.out_height(), s.out_width(), call.plan.out_channels(),
            call.kernel, s.stride_height, s.stride_width, call.plan.groups()};
}

const InceptionCudaTile* tiles_of(const InceptionConv2DCudaCall& call) { return reinterpret_cast<const InceptionCudaTile*>(call.tables); }
const int32_t* group_tiles_of(const InceptionConv2DCudaCall& call) { return call.tables + call.plan.tile_count() * kTileInts; }
const int32_t* order_of(const InceptionConv2DCudaCall& call) { return group_tiles_of(call) + call.plan.groups() + 1; }

int64_t filter_size(const InceptionConv2DCudaCall& call) {
    return static_cast<int64_t>(call.kernel) * call.kernel * (call.in_channels / call.plan.groups()) * call.plan.out_channels();
}
// Blocks of the filter's gradient with one split.
int64_t filter_pieces(const InceptionConv2DCudaCall& call) {
    return call.plan.tile_count() * ceil_div(call.in_channels / call.plan.groups(), kInceptionTile) * call.kernel * call.kernel;
}

}  // namespace

InceptionConv2DCudaPlan::InceptionConv2DCudaPlan(int out_channels, int groups, const int* dilations) : out_channels_(out_channels), groups_(groups) {
    Array<int32_t> order(out_channels);
    std::iota(order.begin(), order.end(), 0);
    const int group_out = out_channels / groups;
    const auto key = [&](int32_t o) { return std::make_tuple(o / group_out, dilations[2 * o], dilations[2 * o + 1]); };
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return key(a) < key(b); });
    Array<InceptionCudaTile> tiles;
    Array<int32_t> group_tiles(static_cast<size_t>(groups) + 1, 0);
    for (int32_t i = 0; i < out_channels; ++i) {
        if (i == 0 || tiles.back().count == kInceptionTile || key(order[i]) != key(order[i - 1])) {
            const auto [group, dilation_h, dilation_w] = key(order[i]);
            tiles.push_back({i, 0, group, dilation_h, dilation_w});
            group_tiles[static_cast<size_t>(group) + 1] = static_cast<int32_t>(tiles.size());
        }
        ++tiles.back().count;
    }
    tile_count_ = static_cast<int>(tiles.size());
    for (const InceptionCudaTile& t : tiles) tables_.insert(tables_.end(), {t.first, t.count, t.group, t.dilation_h, t.dilation_w});
    tables_.insert(tables_.end(), group_tiles.begin(), group_tiles.end());
    tables_.insert(tables_.end(), order.begin(), order.end());
}

void inception_conv2d_cuda(const InceptionConv2DCudaCall& call, const float* x, const float* filter, const float* bias, const float* residual,
                           ConvActivation activation, float* y, Launcher& launcher) {
    const InceptionCudaShape shape = shape_of(call);
    const int64_t pixels = static_cast<int64_t>(shape.batch) * shape.out_h * shape.out_w;
    const CudaGrid grid{static_cast<unsigned>(ceil_div(pixels, rows_of_a_block(call)) * call.plan.tile_count()), kInceptionThreads};
    launcher.launch(forward_of(call.precision), grid, x, filter, bias, residual, y, order_of(call), tiles_of(call),
                    static_cast<int32_t>(call.plan.tile_count()), shape, static_cast<int32_t>(activation == ConvActivation::kRelu));
}

void inception_conv2d_grad_input_cuda(const InceptionConv2DCudaCall& call, const float* dy, const float* filter, float* dx, Launcher& launcher) {
    const InceptionCudaShape shape = shape_of(call);
    const int64_t pixels = static_cast<int64_t>(shape.batch) * shape.in_h * shape.in_w;
    const int64_t parts = shape.groups * ceil_div(shape.in_c / shape.groups, kInceptionTile);
    const CudaGrid grid{static_cast<unsigned>(ceil_div(pixels, rows_of_a_block(call)) * parts), kInceptionThreads};
    launcher.launch(by_tensor_cores(call) ? kGradInputTf32 : kGradInput, grid, dy, filter, dx, order_of(call), tiles_of(call), group_tiles_of(call),
                    shape);
}

int inception_conv2d_grad_filter_splits(const InceptionConv2DCudaCall& call, int blocks) {
    const int64_t pixels = static_cast<int64_t>(call.size.batch) * call.size.out_height() * call.size.out_width();
    const int64_t wanted = ceil_div(blocks, filter_pieces(call));
    const int64_t most = std::min(ceil_div(pixels, kInceptionSlab * kLeastSlabs), kMostPartial / filter_size(call));
    return static_cast<int>(std::max<int64_t>(1, std::min(wanted, most)));
}

size_t inception_conv2d_grad_filter_workspace(const InceptionConv2DCudaCall& call, int splits) {
    return splits == 1 ? 0 : static_cast<size_t>(splits * filter_size(call) + filter_pieces(call));
}

void inception_conv2d_grad_filter_cuda(const InceptionConv2DCudaCall& call, int splits, const float* x, const float* dy, float* dfilter,
                                       float* workspace, Launcher& launcher) {
    const int64_t pieces = filter_pieces(call);
    uint32_t* const ended = splits == 1 ? nullptr : reinterpret_cast<uint32_t*>(workspace + splits * filter_size(call));
    if (splits > 1) launcher.clear(ended, pieces * sizeof(uint32_t));
    const CudaGrid grid{static_cast<unsigned>(pieces * splits), kInceptionThreads};
    launcher.launch(by_tensor_cores(call) ? kGradFilterTf32 : kGradFilter, grid, x, dy, dfilter, workspace, ended, order_of(call), tiles_of(call),
                    static_cast<int32_t>(call.plan.tile_count()), static_cast<int32_t>(splits), shape_of(call));
}

}  // namespace icconv
