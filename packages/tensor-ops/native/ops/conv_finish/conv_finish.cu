// What follows a convolution in a compiled network, on CUDA, float32: bias, residual sum and ReLU in one pass over the map.
#include "cuda/channels.cuh"

using namespace icconv;

// y = act(x + bias + residual), all [..., C] but bias [C]; bias and residual may be null.
extern "C" __global__ void __launch_bounds__(kChannelsThreads)
    icconv_conv_finish(const float* __restrict__ x, const float* __restrict__ bias, const float* __restrict__ residual, float* __restrict__ y,
                       int32_t relu, ChannelsCudaShape s) {
    const ChannelsPlace p = place_of(s);
    if (p.channel >= s.channels) return;
    const float add = bias == nullptr ? 0.0f : bias[p.channel];
    for (int64_t i = p.from; i < p.end; i += p.step) {
        float value = x[i] + add;
        if (residual != nullptr) value += residual[i];
        // A NaN stays one.
        y[i] = relu != 0 && value < 0 ? 0.0f : value;
    }
}
