// What the ops of inception convolution share on the CPU and on the GPU. ops/inception_conv2d/README.md has their interface.
#ifndef ICCONV_BINDING_INCEPTION_CONV2D_BASE_H_
#define ICCONV_BINDING_INCEPTION_CONV2D_BASE_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "binding/op.h"
#include "ops/inception_conv2d/inception_conv2d.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

// Sizes, dilations and strides are int32 inside; this bound leaves room for sums and halos of them.
constexpr int64_t kMostOfInception = 1 << 28;

// What the ops share on all devices: the pattern from their attributes, and the checks of their inputs.
class InceptionOpBase : public Op {
public:
    explicit InceptionOpBase(tensorflow::OpKernelConstruction* context) : Op(context) {
        std::vector<int64_t> dilations;
        OP_REQUIRES_OK(context, context->GetAttr("dilations", &dilations));
        OP_REQUIRES_OK(context, context->GetAttr("strides", &strides_));
        OP_REQUIRES_OK(context, context->GetAttr("groups", &groups_));
        OP_REQUIRES(context, dilations.size() % 2 == 0 && groups_ >= 1 && dilations.size() / 2 % static_cast<size_t>(groups_) == 0,
                    invalid_argument("dilations must hold dH and dW of each output channel, of all groups"));
        OP_REQUIRES(context, strides_.size() == 2, invalid_argument("strides must be [sH, sW]"));
        for (int64_t s : strides_) OP_REQUIRES(context, s >= 1 && s <= kMostOfInception, invalid_argument("strides must be at least 1, received ", s));
        for (int64_t d : dilations) {
            OP_REQUIRES(context, d >= 1, invalid_argument("dilations must be at least 1, received ", d));
            dilations_.push_back(static_cast<int>(std::min(d, kMostOfInception)));
        }
    }

protected:
    int out_channels() const { return static_cast<int>(dilations_.size() / 2); }
    int groups() const { return groups_; }
    const std::vector<int>& dilations() const { return dilations_; }

    absl::Status check_filter(const tensorflow::Tensor& filter) const {
        if (filter.dims() != 4 || filter.dim_size(0) != filter.dim_size(1) || filter.dim_size(0) % 2 == 0 || filter.dim_size(2) < 1 ||
            filter.dim_size(3) != out_channels() || filter.NumElements() >= std::numeric_limits<int32_t>::max()) {
            return invalid_argument("filter must have shape [K, K, C/G, ", out_channels(), "], K odd, received ", filter.shape().DebugString());
        }
        return absl::OkStatus();
    }

    absl::Status check_input(const tensorflow::Tensor& input) const {
        if (input.dims() != 4 || input.dim_size(0) > kMostOfInception || input.dim_size(1) < 1 || input.dim_size(1) > kMostOfInception || input.dim_size(2) < 1 ||
            input.dim_size(2) > kMostOfInception || input.dim_size(3) < 1 || input.dim_size(3) > kMostOfInception || input.dim_size(3) % groups_ != 0) {
            return invalid_argument("input must have shape [N, H, W, C], C divisible by ", groups_, " groups, received ",
                                    input.shape().DebugString());
        }
        return absl::OkStatus();
    }

    InceptionConv2DSize size(int64_t batch, int64_t height, int64_t width) const {
        return {static_cast<int>(batch), static_cast<int>(height), static_cast<int>(width),
                static_cast<int>(std::min(strides_[0], height)), static_cast<int>(std::min(strides_[1], width))};
    }

    absl::Status check_dy(const tensorflow::Tensor& dy, const InceptionConv2DSize& size) const {
        if (dy.dims() != 4 || dy.dim_size(0) != size.batch || dy.dim_size(1) != size.out_height() || dy.dim_size(2) != size.out_width() ||
            dy.dim_size(3) != out_channels()) {
            return invalid_argument("dy must have shape [", size.batch, ", ", size.out_height(), ", ", size.out_width(), ", ", out_channels(),
                                    "], received ", dy.shape().DebugString());
        }
        return absl::OkStatus();
    }

    // input_size: of the host, [H, W].
    absl::Status size_of_gradient(const tensorflow::Tensor& dy, const tensorflow::Tensor& input_size, InceptionConv2DSize* size) const {
        if (dy.dims() != 4 || dy.dim_size(0) > kMostOfInception) return invalid_argument("dy must have rank 4, received ", dy.shape().DebugString());
        if (input_size.NumElements() != 2) return invalid_argument("input_size must be [H, W]");
        const int64_t height = input_size.flat<int32_t>()(0);
        const int64_t width = input_size.flat<int32_t>()(1);
        if (std::min(height, width) < 1 || std::max(height, width) > kMostOfInception) {
            return invalid_argument("input_size must be [H, W], each at least 1");
        }
        *size = this->size(dy.dim_size(0), height, width);
        return check_dy(dy, *size);
    }

private:
    std::vector<int64_t> strides_;
    std::vector<int> dilations_;
    int groups_ = 1;
};

}  // namespace icconv

#endif  // ICCONV_BINDING_INCEPTION_CONV2D_BASE_H_
