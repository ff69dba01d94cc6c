// Sorts output channels by dilation and cuts them into blocks.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "common/bfloat16.h"
#include "common/memory.h"
#include "ops/conv2d/winograd_filter.h"
#include "ops/inception_conv2d/inception_conv2d.h"
#include "ops/inception_conv2d/weights.h"

namespace icconv {
namespace {

// A branch's channels that Winograd takes: whole panels of 16, the last one also when it is mostly full. Below that, transforms and empty
// lanes cost more than the products saved.
constexpr int kLeastOfPanel = 8;
int winograd_channels(int count) { return count % 16 >= kLeastOfPanel ? count : count / 16 * 16; }
// Wider branches are cut, so that what a few tiles take stays in a level-2 cache.
constexpr int kMostOfGroup = 192;
// Fewer input channels leave too little work between the transforms.
constexpr int kLeastInput = 16;

// Input channels of a tile of bfloat16.
constexpr int kTileInput = 32;

size_t whole_lines(size_t floats) { return (floats + 15) / 16 * 16; }

// [36][panels][C][16] from HWIO.
void pack_winograd_panel(const WinogradGroup& group, const int* order, const float* filter, int in_c, int out_c, int panel, float* to) {
    const size_t plane = static_cast<size_t>(group.panels()) * in_c * 16;
    to += static_cast<size_t>(panel) * in_c * 16;
    const int count = std::min(16, group.count - panel * 16);
    for (int i = 0; i < in_c; ++i, to += 16) {
        double taps[9][16] = {};
        for (int tap = 0; tap < 9; ++tap) {
            const float* const from = filter + (static_cast<size_t>(tap) * in_c + i) * out_c;
            for (int n = 0; n < count; ++n) taps[tap][n] = from[order[group.first + panel * 16 + n]];
        }
        conv2d_internal::winograd_filter(taps, to, plane);
    }
}

// [panels][rows / 2][16] words of two rows from HWIO.
void pack_strip(const BranchStrip& strip, const int* order, const float* filter, int rows, int out_c, float* to) {
    for (int panel = 0; panel < strip.count; panel += 16) {
        const int count = std::min(16, strip.count - panel);
        for (int row = 0; row < rows; row += 2, to += 16) {
            uint16_t pairs[32] = {};
            for (int n = 0; n < count; ++n) {
                const float* const from = filter + static_cast<size_t>(row) * out_c + order[strip.first + panel + n];
                pairs[2 * n] = to_bfloat16(from[0]);
                pairs[2 * n + 1] = to_bfloat16(from[out_c]);
            }
            std::memcpy(to, pairs, sizeof(pairs));
        }
    }
}

}  // namespace

InceptionConv2DPlan::InceptionConv2DPlan(int in_channels, int out_channels, int kernel, int groups, const int* dilations)
    : in_channels_(in_channels), out_channels_(out_channels), kernel_(kernel), groups_(groups), order_(out_channels) {
    const int group_out = out_channels / groups;
    // A 1 x 1 kernel has no taps that a dilation could move. Beyond any map all dilations are alike; the bound leaves room for sums.
    constexpr int kMost = 1 << 28;
    const auto dilation = [&](int channel, int axis) { return kernel == 1 ? 1 : std::min(dilations[2 * channel + axis], kMost); };
    const auto same = [&](int a, int b) {
        return a / group_out == b / group_out && dilation(a, 0) == dilation(b, 0) && dilation(a, 1) == dilation(b, 1);
    };
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) {
        if (a / group_out != b / group_out) return a < b;
        if (dilation(a, 0) != dilation(b, 0)) return dilation(a, 0) < dilation(b, 0);
        return dilation(a, 1) < dilation(b, 1);
    });

    Array<ConvBlock> narrow;
    const auto add = [&](Array<ConvBlock>& to, int first, int count, int width, bool wide) {
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
        packed_size_ += whole_lines(floats);
    }
    if (kernel == 3 && groups == 1 && in_channels >= kLeastInput) cut_for_winograd();
    if (kernel > 1 && groups == 1 && in_channels % kTileInput == 0) cut_for_tiles();
}

void InceptionConv2DPlan::cut_for_tiles() {
    Array<ConvBlock> sorted = blocks_;
    std::sort(sorted.begin(), sorted.end(), [](const ConvBlock& a, const ConvBlock& b) { return a.first < b.first; });
    const size_t panel = static_cast<size_t>(kernel_) * kernel_ * in_channels_ / 2 * 16;
    for (size_t i = 0; i < sorted.size();) {
        const ConvBlock& branch = sorted[i];
        int end = branch.first;
        for (; i < sorted.size() && sorted[i].dilation_h == branch.dilation_h && sorted[i].dilation_w == branch.dilation_w; ++i) end += sorted[i].count;
        for (int first = branch.first; first < end; first += 32) {
            const int count = std::min(32, end - first);
            const bool contiguous = order_[first + count - 1] - order_[first] == count - 1;
            strips_.push_back({branch.dilation_h, branch.dilation_w, first, count, contiguous, strips_size_});
            strips_size_ += (count + 15) / 16 * panel;
        }
    }
    // A packed filter tells by its size what it is.
    if (strips_size_ == packed_size_) strips_size_ += 16;
}

void InceptionConv2DPlan::cut_for_winograd() {
    Array<ConvBlock> sorted = blocks_;
    std::sort(sorted.begin(), sorted.end(), [](const ConvBlock& a, const ConvBlock& b) { return a.first < b.first; });
    for (size_t i = 0; i < sorted.size();) {
        const size_t begin = i;
        const int first = sorted[i].first;
        const auto in_branch = [&](const ConvBlock& b) {
            return b.dilation_h == sorted[begin].dilation_h && b.dilation_w == sorted[begin].dilation_w;
        };
        int count = 0;
        for (; i < sorted.size() && in_branch(sorted[i]); ++i) count += sorted[i].count;
        const int taken = winograd_channels(count);
        if (taken == 0) continue;
        const auto contiguous = [&](int from, int n) { return order_[from + n - 1] - order_[from] == n - 1; };
        const int panels = (taken + 15) / 16;
        const int groups = (taken + kMostOfGroup - 1) / kMostOfGroup;
        for (int g = 0; g < groups; ++g) {
            const int from = first + 16 * (panels * g / groups);
            const int to = std::min(first + taken, first + 16 * (panels * (g + 1) / groups));
            winograd_groups_.push_back({sorted[begin].dilation_h, sorted[begin].dilation_w, from, to - from, contiguous(from, to - from), 0});
        }
        const int rest = count - taken;
        const int parts = (rest + kMaxNarrow - 1) / kMaxNarrow;
        for (int part = 0; part < parts; ++part) {
            ConvBlock block = sorted[begin];
            block.first = first + taken + rest * part / parts;
            block.count = first + taken + rest * (part + 1) / parts - block.first;
            block.width = block.count;
            block.wide = false;
            block.contiguous = contiguous(block.first, block.count);
            rest_blocks_.push_back(block);
        }
    }
    for (ConvBlock& block : rest_blocks_) {
        block.weights = packed_size_;
        packed_size_ += whole_lines(static_cast<size_t>(in_channels_) * 9 * block.width);
    }
    for (WinogradGroup& group : winograd_groups_) {
        group.weights = packed_size_;
        packed_size_ += static_cast<size_t>(kTilePoints) * group.panels() * in_channels_ * 16;
    }
}

void InceptionConv2DPlan::pack(const float* filter, float* packed, Executor& executor, Precision precision) const {
    if (precision == Precision::kBfloat16) {
        const int rows = kernel_ * kernel_ * in_channels_;
        std::fill(packed + strips_size_ - 16, packed + strips_size_, 0.0f);
        executor.run(static_cast<int>(strips_.size()), [&](int i) { pack_strip(strips_[i], order_.data(), filter, rows, out_channels_, packed + strips_[i].weights); });
        return;
    }
    Array<ConvBlock> blocks = blocks_;
    blocks.insert(blocks.end(), rest_blocks_.begin(), rest_blocks_.end());
    struct Panel {
        const WinogradGroup* group;
        int panel;
    };
    Array<Panel> panels;
    for (const WinogradGroup& group : winograd_groups_) {
        for (int panel = 0; panel < group.panels(); ++panel) panels.push_back({&group, panel});
    }
    executor.run(static_cast<int>(blocks.size() + panels.size()), [&](int i) {
        if (i >= static_cast<int>(blocks.size())) {
            const Panel& part = panels[i - blocks.size()];
            pack_winograd_panel(*part.group, order_.data(), filter, in_channels_, out_channels_, part.panel, packed + part.group->weights);
            return;
        }
        const ConvBlock& block = blocks[i];
        const int group_in = in_channels_ / groups_;
        float* const to = packed + block.weights;
        pack_block(block, order_.data(), filter, kernel_ * kernel_, group_in, out_channels_, 0, group_in, to);
        const size_t floats = static_cast<size_t>(group_in) * kernel_ * kernel_ * block.width;
        std::fill(to + floats, to + whole_lines(floats), 0.0f);
    });
}

}  // namespace icconv
