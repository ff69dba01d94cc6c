// What a convolution's output is and would lose by each dilation, on CUDA, from its classes of taps: the maps [..., C] that each class alone would give.
// Class a * (reach + 1) + b has the taps at distance a and b from the centre; a dilation (dh, dw) keeps those at (i dh, j dw) with i, j <= radius.
#include "cuda/channels.cuh"
#include "cuda/reduce.cuh"

namespace icconv {

constexpr int kThreads = kChannelsThreads;
// Of a multiprocessor: said so, NVRTC spills nothing for the sake of more.
constexpr int kBlocks = 4;

// The mean of all chunks' sums, by the last block to come. partial [chunks, C]; ended, a number for each tile of channels, is zero before.
__device__ __forceinline__ void mean_of_chunks(const ChannelsPlace& p, const ChannelsCudaShape& s, float sum, float* partial, uint32_t* ended, float* mean) {
    __shared__ float part[kThreads];
    __shared__ double merged[kThreads];
    __shared__ uint32_t flag;
    sum = sum_of_lane(part, sum, s.lanes);
    if (p.row == 0 && p.channel < s.channels) partial[static_cast<int64_t>(p.chunk) * s.channels + p.channel] = sum;
    if (!is_last_block(&ended[p.tile], static_cast<uint32_t>(s.chunks), &flag)) return;
    const int32_t chunks = p.channel < s.channels ? s.chunks : 0;
    double total = 0;
    for (int32_t i = p.row; i < chunks; i += p.rows) total += static_cast<double>(__ldcg(partial + static_cast<int64_t>(i) * s.channels + p.channel));
    total = sum_of_lane(merged, total, s.lanes);
    if (p.row == 0 && p.channel < s.channels) mean[p.channel] = static_cast<float>(total / static_cast<double>(s.pixels));
}

}  // namespace icconv

using namespace icconv;

// y, the sum of all classes, and whole [C], the mean of |y|.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_dilation_whole(const float* const* __restrict__ classes, int32_t count, float* __restrict__ y, float* partial, uint32_t* ended,
                          float* __restrict__ whole, ChannelsCudaShape s) {
    const ChannelsPlace p = place_of(s);
    float sum = 0;
    for (int64_t i = p.from; i < p.end; i += p.step) {
        float value = 0;
        for (int32_t k = 0; k < count; ++k) value += classes[k][i];
        y[i] = value;
        sum += fabsf(value);
    }
    mean_of_chunks(p, s, sum, partial, ended, whole);
}

// errors [D * D, C]: of each dilation the mean of |y - what it keeps|. partial and ended are of each dilation. Blocks: of the shape, times dilations.
extern "C" __global__ void __launch_bounds__(kThreads, kBlocks)
    icconv_dilation_errors(const float* const* __restrict__ classes, const float* __restrict__ y, int32_t max_dilation, int32_t radius, float* partial,
                           uint32_t* ended, float* __restrict__ errors, ChannelsCudaShape s) {
    const int32_t tiles = (s.channels + s.lanes - 1) / s.lanes;
    const uint32_t blocks = static_cast<uint32_t>(s.chunks) * static_cast<uint32_t>(tiles);
    const int32_t dilation = static_cast<int32_t>(blockIdx.x / blocks);
    const int32_t dh = dilation / max_dilation + 1, dw = dilation % max_dilation + 1, axis = radius * max_dilation + 1;
    const ChannelsPlace p = place_of(s, blockIdx.x % blocks);
    float sum = 0;
    for (int64_t i = p.from; i < p.end; i += p.step) {
        float kept = 0;
        const float* const* row = classes;
        for (int32_t a = 0; a <= radius; ++a, row += dh * axis) {
            const float* const* one = row;
            for (int32_t b = 0; b <= radius; ++b, one += dw) kept += (*one)[i];
        }
        sum += fabsf(y[i] - kept);
    }
    mean_of_chunks(p, s, sum, partial + static_cast<int64_t>(dilation) * s.chunks * s.channels, ended + static_cast<int64_t>(dilation) * tiles,
                   errors + static_cast<int64_t>(dilation) * s.channels);
}
