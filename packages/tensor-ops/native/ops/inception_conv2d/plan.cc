// Sorts output channels by dilation and cuts them into blocks.
#include <algorithm>
#include <numeric>

#include "ops/inception_conv2d/inception_conv2d.h"
#include "ops/inception_conv2d/weights.h"

namespace icconv {

InceptionConv2DPlan::InceptionConv2DPlan(int in_channels, int out_channels, int kernel, int groups, const int* dilations)
    : in_channels_(in_channels), out_channels_(out_channels), kernel_(kernel), groups_(groups), order_(out_channels) {
    const int group_out = out_channels / groups;
    // A 1 x 1 kernel has no taps that a dilation could move.
    const auto dilation = [&](int channel, int axis) { return kernel == 1 ? 1 : dilations[2 * channel + axis]; };
    const auto same = [&](int a, int b) {
        return a / group_out == b / group_out && dilation(a, 0) == dilation(b, 0) && dilation(a, 1) == dilation(b, 1);
    };
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) {
        if (a / group_out != b / group_out) return a < b;
        if (dilation(a, 0) != dilation(b, 0)) return dilation(a, 0) < dilation(b, 0);
        return dilation(a, 1) < dilation(b, 1);
    });

    std::vector<ConvBlock> narrow;
    const auto add = [&](std::vector<ConvBlock>& to, int first, int count, int width, bool wide) {
        const int channel = order_[first];
        const bool contiguous = order_[first + count - 1] - channel == count - 1;
        to.push_back({channel / group_out, dilation(channel, 0), dilation(channel, 1), first, count, width, wide, contiguous, 0});
    };
    for (int first = 0; first < out_channels;) {
        int end = first + 1;
        while (end < out_channels && same(order_[first], order_[end])) ++end;
        for (; end - first >= 32; first += 32) add(blocks_, first, 32, 32, true);
        // 30 of 32 lanes in use still beat what narrow tiles need beyond their arithmetic.
        if (end - first >= 30) {
            add(blocks_, first, end - first, 32, true);
            first = end;
        } else if (end - first >= 24) {
            add(blocks_, first, 16, 16, true);
            first += 16;
        }
        const int rest = end - first;
        const int parts = (rest + kMaxNarrow - 1) / kMaxNarrow;
        for (int i = 0; i < parts; ++i) {
            const int begin = rest * i / parts;
            const int count = rest * (i + 1) / parts - begin;
            add(narrow, first + begin, count, count, false);
        }
        first = end;
    }
    blocks_.insert(blocks_.end(), narrow.begin(), narrow.end());
    for (ConvBlock& block : blocks_) {
        block.weights = packed_size_;
        // Rounded up to a cache line, so that vectors of weights are aligned.
        const size_t floats = static_cast<size_t>(in_channels / groups) * kernel * kernel * block.width;
        packed_size_ += (floats + 15) / 16 * 16;
    }
}

void InceptionConv2DPlan::pack(const float* filter, float* packed, Executor& executor) const {
    executor.run(static_cast<int>(blocks_.size()), [&](int i) {
        const ConvBlock& block = blocks_[i];
        const int group_in = in_channels_ / groups_;
        float* const to = packed + block.weights;
        pack_block(block, order_.data(), filter, kernel_ * kernel_, group_in, out_channels_, 0, group_in, to);
        const size_t floats = static_cast<size_t>(group_in) * kernel_ * kernel_ * block.width;
        std::fill(to + floats, to + (floats + 15) / 16 * 16, 0.0f);
    });
}

}  // namespace icconv
