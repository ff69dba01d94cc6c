// Cutting of the reduction into chunks of input channels, and workspace pieces. Included by the tasks.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_GEOMETRY_H_
#define ICCONV_OPS_INCEPTION_CONV2D_GEOMETRY_H_

#include <cstddef>
#include <cstdint>

#include "ops/inception_conv2d/job.h"

namespace icconv {
namespace {

inline int min_of(int a, int b) { return a < b ? a : b; }
inline int max_of(int a, int b) { return a > b ? a : b; }
inline int round_up(int a, int to) { return (a + to - 1) / to * to; }
inline int floor_div(int a, int b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }
inline int floor_mod(int a, int b) { return a - floor_div(a, b) * b; }

// Channels that are in cache at a time: whole groups, or, where a group is larger, a part of one.
struct Chunk {
    int group0, group1;
    int local0, local1;  // Channels within the group; all of them where the chunk holds several groups.
    bool first, last;    // Whether sums begin and end here.
};

class Chunks {
public:
    // channels: how many at most, a multiple of kChannelRun.
    Chunks(int groups, int group_channels, int channels) : groups_(groups), channels_(group_channels) {
        per_chunk_ = group_channels >= channels ? 1 : min_of(groups, channels / group_channels);
        parts_ = (group_channels + channels - 1) / channels;
        step_ = round_up((group_channels + parts_ - 1) / parts_, kChannelRun);
    }
    int count() const { return (groups_ + per_chunk_ - 1) / per_chunk_ * parts_; }
    int parts() const { return parts_; }
    int most_channels() const { return min_of(step_, channels_) * per_chunk_; }
    Chunk at(int i) const {
        const int group = i / parts_ * per_chunk_;
        const int part = i % parts_;
        return {group,     min_of(groups_, group + per_chunk_), min_of(channels_, part * step_), min_of(channels_, (part + 1) * step_),
                part == 0, part == parts_ - 1};
    }

private:
    int groups_, channels_, per_chunk_, parts_, step_;
};

// How many channels' weights, `floats` of each channel, fit a third of a thread's share of memory, in runs.
inline int channels_to_pack(size_t floats, size_t share) {
    const size_t fit = share / 3 / sizeof(float) / (floats > 0 ? floats : 1) / kChannelRun * kChannelRun;
    return fit > 256 ? 256 : max_of(kChannelRun, static_cast<int>(fit));
}

// Hands out pieces of a workspace; with a null base it only measures.
class Pieces {
public:
    explicit Pieces(void* base) : base_(static_cast<char*>(base)) {}
    template <class T>
    T* take(size_t count) {
        char* const piece = base_ == nullptr ? nullptr : base_ + used_;
        used_ += (count * sizeof(T) + 63) / 64 * 64;
        return reinterpret_cast<T*>(piece);
    }
    size_t used() const { return used_; }

private:
    char* base_;
    size_t used_ = 0;
};

// The largest dilation that can matter on a map of this size: beyond it every tap but the centre lies outside.
inline int clip_dilation(int dilation, int size) { return min_of(dilation, size); }

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_GEOMETRY_H_
