// Batch normalisation and its gradient on CUDA, float32: a launch for the sums over pixels and one that applies them. Sums are those of batch_norm.cc: of chunks of pixels, merged in double in their order.
#include "cuda/channels.cuh"
#include "cuda/reduce.cuh"

namespace icconv {

constexpr int kThreads = kChannelsThreads;

__device__ __forceinline__ double pixels_of_chunk(const ChannelsCudaShape& s, int32_t chunk) {
    return static_cast<double>(min(s.chunk, s.pixels - chunk * s.chunk));
}

}  // namespace icconv

using namespace icconv;

// mean, variance and factor = weight / deviation, [C] each. partial [2, chunks, C]: each chunk's mean and squared deviation, merged as in Chan,
// Golub and LeVeque, 1983. ended, one number for each tile of channels, is zero before.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_batch_norm_statistics(const float* __restrict__ x, const float* __restrict__ weight, float epsilon, float* partial, uint32_t* ended,
                                 float* __restrict__ mean, float* __restrict__ variance, float* __restrict__ factor, ChannelsCudaShape s) {
    __shared__ float part[kThreads];
    __shared__ double merged[kThreads];
    __shared__ uint32_t flag;
    const ChannelsPlace p = place_of(s);
    float sum = 0;
    for (int64_t i = p.from; i < p.end; i += p.step) sum += x[i];
    const float own = sum_of_lane(part, sum, s.lanes) / p.pixels;
    // The chunk is near by now.
    float square = 0;
    for (int64_t i = p.from; i < p.end; i += p.step) square += (x[i] - own) * (x[i] - own);
    square = sum_of_lane(part, square, s.lanes);
    float* const squares = partial + static_cast<int64_t>(s.chunks) * s.channels;
    if (p.row == 0 && p.channel < s.channels) {
        partial[static_cast<int64_t>(p.chunk) * s.channels + p.channel] = own;
        squares[static_cast<int64_t>(p.chunk) * s.channels + p.channel] = square;
    }
    if (!is_last_block(&ended[p.tile], static_cast<uint32_t>(s.chunks), &flag)) return;
    const int32_t chunks = p.channel < s.channels ? s.chunks : 0;
    double total = 0;
    for (int32_t i = p.row; i < chunks; i += p.rows) {
        total += static_cast<double>(__ldcg(partial + static_cast<int64_t>(i) * s.channels + p.channel)) * pixels_of_chunk(s, i);
    }
    const double all = static_cast<double>(s.pixels), whole = sum_of_lane(merged, total, s.lanes) / all;
    double deviation = 0;
    for (int32_t i = p.row; i < chunks; i += p.rows) {
        const int64_t at = static_cast<int64_t>(i) * s.channels + p.channel;
        const double off = static_cast<double>(__ldcg(partial + at)) - whole;
        deviation += static_cast<double>(__ldcg(squares + at)) + off * off * pixels_of_chunk(s, i);
    }
    deviation = sum_of_lane(merged, deviation, s.lanes) / all;
    if (p.row > 0 || p.channel >= s.channels) return;
    mean[p.channel] = static_cast<float>(whole);
    variance[p.channel] = static_cast<float>(deviation);
    factor[p.channel] = static_cast<float>(static_cast<double>(weight[p.channel]) / sqrt(deviation + static_cast<double>(epsilon)));
}

// residual may be null.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_batch_norm_apply(const float* __restrict__ x, const float* __restrict__ residual, const float* __restrict__ mean,
                            const float* __restrict__ factor, const float* __restrict__ bias, float* __restrict__ y, int32_t relu,
                            ChannelsCudaShape s) {
    const ChannelsPlace p = place_of(s);
    if (p.channel >= s.channels) return;
    const float m = mean[p.channel], f = factor[p.channel], b = bias[p.channel];
    for (int64_t i = p.from; i < p.end; i += p.step) {
        float v = (x[i] - m) * f + b;
        if (residual != nullptr) v += residual[i];
        // NaN stays NaN.
        y[i] = relu && v < 0 ? 0.0f : v;
    }
}

// Sums of g and g (x - mean), g the gradient behind ReLU, which goes to dresidual if that is not null; y is null without ReLU. partial
// [2, chunks, C]. terms [3, C]: what icconv_batch_norm_grad_apply takes.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_batch_norm_grad_sums(const float* __restrict__ x, const float* __restrict__ y, const float* __restrict__ dy,
                                const float* __restrict__ weight, const float* __restrict__ mean, const float* __restrict__ variance, float epsilon,
                                float* __restrict__ dresidual, float* partial, uint32_t* ended, float* __restrict__ dweight,
                                float* __restrict__ dbias, float* __restrict__ terms, ChannelsCudaShape s) {
    __shared__ float part[kThreads];
    __shared__ double merged[kThreads];
    __shared__ uint32_t flag;
    const ChannelsPlace p = place_of(s);
    const float m = p.channel < s.channels ? mean[p.channel] : 0.0f;
    float sum = 0, centred = 0;
    for (int64_t i = p.from; i < p.end; i += p.step) {
        const float d = dy[i], g = y == nullptr || y[i] > 0 ? d : 0.0f;
        sum += g;
        centred += g * (x[i] - m);
        if (dresidual != nullptr) dresidual[i] = g;
    }
    sum = sum_of_lane(part, sum, s.lanes);
    centred = sum_of_lane(part, centred, s.lanes);
    float* const of_centred = partial + static_cast<int64_t>(s.chunks) * s.channels;
    if (p.row == 0 && p.channel < s.channels) {
        partial[static_cast<int64_t>(p.chunk) * s.channels + p.channel] = sum;
        of_centred[static_cast<int64_t>(p.chunk) * s.channels + p.channel] = centred;
    }
    if (!is_last_block(&ended[p.tile], static_cast<uint32_t>(s.chunks), &flag)) return;
    const int32_t chunks = p.channel < s.channels ? s.chunks : 0;
    double total = 0, total_centred = 0;
    for (int32_t i = p.row; i < chunks; i += p.rows) {
        const int64_t at = static_cast<int64_t>(i) * s.channels + p.channel;
        total += static_cast<double>(__ldcg(partial + at));
        total_centred += static_cast<double>(__ldcg(of_centred + at));
    }
    total = sum_of_lane(merged, total, s.lanes);
    total_centred = sum_of_lane(merged, total_centred, s.lanes);
    if (p.row > 0 || p.channel >= s.channels) return;
    const double all = static_cast<double>(s.pixels);
    const double inverse = 1 / sqrt(static_cast<double>(variance[p.channel]) + static_cast<double>(epsilon));
    dbias[p.channel] = static_cast<float>(total);
    dweight[p.channel] = static_cast<float>(total_centred * inverse);
    terms[p.channel] = static_cast<float>(total / all);
    terms[s.channels + p.channel] = static_cast<float>(total_centred * inverse * inverse / all);
    terms[2 * static_cast<int64_t>(s.channels) + p.channel] = static_cast<float>(static_cast<double>(weight[p.channel]) * inverse);
}

// dx = (g - a - (x - mean) b) f; a, b and f are the terms.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_batch_norm_grad_apply(const float* __restrict__ x, const float* __restrict__ y, const float* __restrict__ dy,
                                 const float* __restrict__ mean, const float* __restrict__ terms, float* __restrict__ dx, ChannelsCudaShape s) {
    const ChannelsPlace p = place_of(s);
    if (p.channel >= s.channels) return;
    const float m = mean[p.channel], a = terms[p.channel], b = terms[s.channels + p.channel];
    const float f = terms[2 * static_cast<int64_t>(s.channels) + p.channel];
    for (int64_t i = p.from; i < p.end; i += p.step) {
        const float d = dy[i], g = y == nullptr || y[i] > 0 ? d : 0.0f;
        dx[i] = (g - a - (x[i] - m) * b) * f;
    }
}
