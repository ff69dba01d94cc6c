// Blocks over a map [..., C]: a thread has one channel, so that it holds the channel's numbers and divides nothing, and a warp reads whole cache
// lines.
#ifndef ICCONV_CUDA_CHANNELS_CUH_
#define ICCONV_CUDA_CHANNELS_CUH_

#include "cuda/prelude.cuh"

namespace icconv {

// A block has `chunk` pixels of `lanes` channels, a power of two; there are `chunks` of them, times channels / lanes.
struct ChannelsCudaShape {
    int64_t pixels, chunk;
    int32_t channels, lanes, chunks;
};

constexpr int kChannelsThreads = 256;

#ifdef __CUDACC__
// What a thread works on: floats [from, end) of a map in steps of `step`, all of one channel.
struct ChannelsPlace {
    int64_t from, end, step;
    int32_t channel, row, rows, tile, chunk;
    // Pixels of the block.
    float pixels;
};

// block: its number among those of the shape, where a grid has several of it.
__device__ __forceinline__ ChannelsPlace place_of(const ChannelsCudaShape& s, uint32_t block) {
    ChannelsPlace p;
    const int32_t tiles = (s.channels + s.lanes - 1) / s.lanes;
    p.tile = static_cast<int32_t>(block % static_cast<uint32_t>(tiles));
    p.chunk = static_cast<int32_t>(block / static_cast<uint32_t>(tiles));
    p.channel = p.tile * s.lanes + static_cast<int32_t>(threadIdx.x) % s.lanes;
    p.row = static_cast<int32_t>(threadIdx.x) / s.lanes;
    p.rows = kChannelsThreads / s.lanes;
    const int64_t begin = p.chunk * s.chunk, end = min(begin + s.chunk, s.pixels);
    p.pixels = static_cast<float>(end - begin);
    p.step = static_cast<int64_t>(p.rows) * s.channels;
    p.from = (begin + p.row) * s.channels + p.channel;
    // Nothing beyond the last channel.
    p.end = p.channel < s.channels ? end * s.channels : 0;
    return p;
}
__device__ __forceinline__ ChannelsPlace place_of(const ChannelsCudaShape& s) { return place_of(s, blockIdx.x); }
#endif

}  // namespace icconv

#endif  // ICCONV_CUDA_CHANNELS_CUH_
