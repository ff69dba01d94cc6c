// The packed form of a block's weights, see ConvBlock.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_WEIGHTS_H_
#define ICCONV_OPS_INCEPTION_CONV2D_WEIGHTS_H_

#include <cstddef>

#include "ops/inception_conv2d/job.h"

namespace icconv {
namespace {

// Packs the weights of input channels [channel0, channel1) of the block's group (channel0 a multiple of kChannelRun).
inline void pack_block(const ConvBlock& block, const int* order, const float* filter, int taps, int group_in, int out_c,
                       int channel0, int channel1, float* packed) {
    const int* channels = order + block.first;
    for (int run = channel0; run < channel1; run += kChannelRun) {
        const int end = run + kChannelRun < channel1 ? run + kChannelRun : channel1;
        for (int tap = 0; tap < taps; ++tap) {
            const float* source = filter + (static_cast<size_t>(tap) * group_in + run) * out_c;
            for (int c = run; c < end; ++c, source += out_c, packed += block.width) {
                if (block.contiguous) {
                    const float* from = source + channels[0];
                    for (int n = 0; n < block.count; ++n) packed[n] = from[n];
                } else {
                    for (int n = 0; n < block.count; ++n) packed[n] = source[channels[n]];
                }
                for (int n = block.count; n < block.width; ++n) packed[n] = 0;
            }
        }
    }
}

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_WEIGHTS_H_
