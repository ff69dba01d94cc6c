// Forward pass of the wide blocks: output channels in lanes, inputs from zero-padded copies of a few rows.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_FORWARD_WIDE_H_
#define ICCONV_OPS_INCEPTION_CONV2D_FORWARD_WIDE_H_

#include "ops/inception_conv2d/geometry.h"
#include "ops/inception_conv2d/padded_rows.h"
#include "ops/inception_conv2d/tiles.h"
#include "ops/inception_conv2d/weights.h"

namespace icconv {
namespace {

class ForwardWide {
public:
    ForwardWide(const ForwardJob& job, const ConvTask& task, void* workspace)
        : job_(job), shape_(job.shape), task_(task), chunks_(shape_.groups, shape_.group_in(), 1 << 20) {
        block0_ = task.block0;
        block1_ = block0_;
        while (block1_ < task.block1 && job.blocks[block1_].wide) ++block1_;
        int pad_h = 0;
        int pad_w = 0;
        size_t weights = 0;
        for (int b = block0_; b < block1_; ++b) {
            pad_h = max_of(pad_h, shape_.radius() * clip_dilation(job.blocks[b].dilation_h, shape_.in_h));
            pad_w = max_of(pad_w, shape_.radius() * clip_dilation(job.blocks[b].dilation_w, shape_.in_w));
            weights += static_cast<size_t>(shape_.taps()) * job.blocks[b].width;
        }
        pad_h_ = pad_h;
        // Rows done before the next block's weights come by: enough pixels to be worth fetching them.
        row_step_ = max_of(1, kPixelStep / shape_.out_w);
        const int columns = (shape_.out_w - 1) * shape_.stride_w + 1 + 2 * pad_w;
        const int slots = min_of(shape_.in_h, (row_step_ - 1) * shape_.stride_h + 1 + 2 * pad_h);
        int channels = channels_for(columns * slots, job.share);
        if (job.packed == nullptr) channels = min_of(channels, channels_to_pack(weights, job.share));
        chunks_ = Chunks(shape_.groups, shape_.group_in(), channels);
        Pieces pieces(workspace);
        rows_ = PaddedRows(pieces, slots, columns, pad_w, chunks_.most_channels(), shape_.in_h, shape_.in_w, shape_.in_c);
        segments_ = pieces.take<Segment>(static_cast<size_t>(shape_.taps()) * (chunks_.most_channels() / kChannelRun + 1));
        tile_ = pieces.take<float>(static_cast<size_t>(Lanes::kWidePixels[0]) * 32);
        if (job.packed == nullptr) {
            size_t floats = 0;
            for (int b = block0_; b < block1_; ++b) floats += chunk_weights(job.blocks[b]);
            weights_ = pieces.take<float>(floats);
        }
        used_ = block0_ == block1_ ? 0 : pieces.used();
    }

    size_t used() const { return used_; }

    // Output rows [row0, row1) of the task; calls follow one another from the task's first row to its last.
    void run(int row0, int row1) {
        if (block0_ == block1_) return;
        for (int i = 0; i < chunks_.count(); ++i) {
            const Chunk chunk = chunks_.at(i);
            // A single chunk's rows and weights stay from call to call.
            if (chunks_.count() > 1 || row0 == task_.row0) {
                if (job_.packed == nullptr) pack(chunk);
                const int begin = chunk.group0 * shape_.group_in() + chunk.local0;
                const int count = (chunk.group1 - chunk.group0 - 1) * shape_.group_in() + chunk.local1 - chunk.local0;
                rows_.begin(job_.x + static_cast<size_t>(task_.image) * shape_.in_h * shape_.in_w * shape_.in_c + begin, count,
                            row0 * shape_.stride_h - pad_h_);
            }
            for (int row = row0; row < row1; row += row_step_) {
                const int end = min_of(row + row_step_, row1);
                rows_.load_until((end - 1) * shape_.stride_h + pad_h_ + 1);
                const float* weights = weights_;
                for (int b = block0_; b < block1_; ++b) {
                    const ConvBlock& block = job_.blocks[b];
                    if (block.group < chunk.group0 || block.group >= chunk.group1) continue;
                    const float* w = weights;
                    if (job_.packed != nullptr) {
                        w = job_.packed + block.weights + static_cast<size_t>(chunk.local0) * shape_.taps() * block.width;
                    } else {
                        weights += chunk_weights(block);
                    }
                    for (int r = row; r < end; ++r) do_row(chunk, b, w, r);
                }
            }
        }
    }

private:
    static constexpr int kPixelStep = 160;

    // Input channels at a time, so that the copied rows stay in a level-2 cache of 1 MB beside the weights, and in their part of the
    // thread's share of memory.
    static int channels_for(int pixels, size_t share) {
        const size_t bytes = share / 5 < 600 * 1024 ? share / 5 : 600 * 1024;
        const int fit = static_cast<int>(bytes / sizeof(float)) / max_of(1, pixels) / kChannelRun * kChannelRun;
        return max_of(kChannelRun, min_of(256, fit));
    }

    size_t chunk_weights(const ConvBlock& block) const {
        return static_cast<size_t>(min_of(chunks_.most_channels(), shape_.group_in())) * shape_.taps() * block.width;
    }

    void pack(const Chunk& chunk) {
        float* to = weights_;
        for (int b = block0_; b < block1_; ++b) {
            const ConvBlock& block = job_.blocks[b];
            if (block.group < chunk.group0 || block.group >= chunk.group1) continue;
            pack_block(block, job_.order, job_.filter, shape_.taps(), shape_.group_in(), shape_.out_c, chunk.local0, chunk.local1,
                       to);
            to += chunk_weights(block);
        }
    }

    int build_segments(const Chunk& chunk, const ConvBlock& block, int row) {
        const int radius = shape_.radius();
        const int dilation_h = clip_dilation(block.dilation_h, shape_.in_h);
        const int dilation_w = clip_dilation(block.dilation_w, shape_.in_w);
        const int group_offset = (block.group - chunk.group0) * shape_.group_in();
        int count = 0;
        ptrdiff_t weights = 0;
        for (int c = 0; c < chunk.local1 - chunk.local0; c += kChannelRun) {
            const int length = min_of(kChannelRun, chunk.local1 - chunk.local0 - c);
            for (int u = -radius; u <= radius; ++u) {
                const int y = row * shape_.stride_h + u * dilation_h;
                for (int v = -radius; v <= radius; ++v, weights += static_cast<ptrdiff_t>(length) * block.width) {
                    if (y < 0 || y >= shape_.in_h) continue;
                    segments_[count++] = {rows_.offset(y, v * dilation_w) + group_offset + c, weights, length};
                }
            }
        }
        return count;
    }

    void do_row(const Chunk& chunk, int b, const float* weights, int row) {
        const ConvBlock& block = job_.blocks[b];
        const int segment_count = build_segments(chunk, block, row);
        const int out_c = shape_.out_c;
        const int* channels = job_.order + block.first;
        float* const out = job_.y + (static_cast<size_t>(task_.image) * shape_.out_h + row) * shape_.out_w * out_c;
        // Blocks that are not a full run of channels go through a small buffer.
        const bool direct = block.contiguous && block.count == block.width;
        const int vectors = min_of(2, block.width / Lanes::kCount);
        const int step = vectors * Lanes::kCount;
        const int parts = parts_of(shape_.out_w, Lanes::kWidePixels[vectors - 1]);
        WideTile tile;
        tile.pixel_stride = static_cast<ptrdiff_t>(shape_.stride_w) * rows_.pixel_stride();
        tile.segments = segments_;
        tile.segment_count = segment_count;
        tile.weight_stride = block.width;
        tile.relu = job_.relu && chunk.last;
        for (int part = 0; part < parts; ++part) {
            const int x0 = part_begin(shape_.out_w, parts, part);
            const int pixels = part_begin(shape_.out_w, parts, part + 1) - x0;
            tile.base = rows_.data() + x0 * tile.pixel_stride;
            float* const pixel = out + static_cast<size_t>(x0) * out_c;
            if (!direct && !chunk.first) {
                for (int p = 0; p < pixels; ++p) {
                    for (int n = 0; n < block.count; ++n) tile_[p * 32 + n] = pixel[static_cast<size_t>(p) * out_c + channels[n]];
                }
            }
            for (int n = 0; n < block.width; n += step) {
                tile.weights = weights + n;
                tile.out = direct ? pixel + channels[0] + n : tile_ + n;
                tile.out_stride = direct ? out_c : 32;
                tile.start = chunk.first ? job_.sorted_bias + static_cast<size_t>(b) * 32 + n : nullptr;
                tile_tables().wide[vectors - 1][pixels - 1](tile);
            }
            if (!direct) {
                for (int p = 0; p < pixels; ++p) {
                    for (int n = 0; n < block.count; ++n) pixel[static_cast<size_t>(p) * out_c + channels[n]] = tile_[p * 32 + n];
                }
            }
        }
    }

    const ForwardJob& job_;
    const ConvShape& shape_;
    const ConvTask& task_;
    int block0_, block1_;
    int pad_h_ = 0;
    int row_step_ = 1;
    Chunks chunks_;
    PaddedRows rows_;
    Segment* segments_ = nullptr;
    float* tile_ = nullptr;
    float* weights_ = nullptr;
    size_t used_ = 0;
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_FORWARD_WIDE_H_
