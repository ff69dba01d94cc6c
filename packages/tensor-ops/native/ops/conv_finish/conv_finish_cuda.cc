#include "ops/conv_finish/conv_finish_cuda.h"

#include "cuda/channels.h"

namespace icconv {
namespace {

constexpr CudaKernel kKernel{"conv_finish", "icconv_conv_finish"};

}  // namespace

void conv_finish_cuda(int64_t pixels, int channels, const float* x, const float* bias, const float* residual, bool relu, float* y, Launcher& launcher) {
    const ChannelsCudaShape shape = channels_shape(pixels, channels);
    launcher.launch(kKernel, channels_grid(shape), x, bias, residual, y, static_cast<int32_t>(relu), shape);
}

}  // namespace icconv
