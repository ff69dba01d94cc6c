// The host's part of channels.cuh.
#ifndef ICCONV_CUDA_CHANNELS_H_
#define ICCONV_CUDA_CHANNELS_H_

#include <algorithm>
#include <cstdint>

#include "cuda/channels.cuh"
#include "cuda/launcher.h"

namespace icconv {

inline int64_t channel_tiles(const ChannelsCudaShape& s) { return (s.channels + s.lanes - 1) / s.lanes; }

// Blocks enough for every multiprocessor of the largest device to have several, and pixels enough for a thread that its loads outweigh the rest.
inline ChannelsCudaShape channels_shape(int64_t pixels, int channels) {
    constexpr int64_t kBlocks = 2048, kLeastPixels = 4;
    constexpr int kMostLanes = 32;
    ChannelsCudaShape s{pixels, 0, channels, 1, 0};
    while (s.lanes < kMostLanes && s.lanes < s.channels) s.lanes *= 2;
    s.chunk = std::max((pixels * channel_tiles(s) + kBlocks - 1) / kBlocks, kLeastPixels * kChannelsThreads / s.lanes);
    s.chunks = static_cast<int32_t>((pixels + s.chunk - 1) / s.chunk);
    return s;
}

inline CudaGrid channels_grid(const ChannelsCudaShape& s) { return {static_cast<unsigned>(s.chunks * channel_tiles(s)), kChannelsThreads}; }

}  // namespace icconv

#endif  // ICCONV_CUDA_CHANNELS_H_
