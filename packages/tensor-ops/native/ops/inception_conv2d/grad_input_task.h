// Gradient of the input, by the wide tile: input channels in lanes, the output gradient broadcast.
//
// Every output channel scatters to its own places, but read backwards, each tap of each output channel is one offset into the
// (sorted, zero-padded) output gradient, and all input channels share it. So the lanes are always full, however narrow the
// branches. With a stride s, input pixels fall into s*s phases; each sees only the taps that reach it.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_GRAD_INPUT_TASK_H_
#define ICCONV_OPS_INCEPTION_CONV2D_GRAD_INPUT_TASK_H_

#include "ops/inception_conv2d/geometry.h"
#include "ops/inception_conv2d/padded_rows.h"
#include "ops/inception_conv2d/tiles.h"

namespace icconv {
namespace {

class GradInput {
public:
    GradInput(const GradInputJob& job, const ConvTask& task, void* workspace)
        : job_(job), shape_(job.shape), task_(task), chunks_(1, 1, kChannelRun) {
        int pad_h = 0;
        int pad_w = 0;
        for (int b = 0; b < job.block_count; ++b) {
            pad_h = max_of(pad_h, shape_.radius() * clip_dilation(job.blocks[b].dilation_h, shape_.in_h));
            pad_w = max_of(pad_w, shape_.radius() * clip_dilation(job.blocks[b].dilation_w, shape_.in_w));
        }
        above_ = pad_h / shape_.stride_h;
        below_ = (pad_h + shape_.stride_h - 1) / shape_.stride_h;
        const int left = pad_w / shape_.stride_w;
        const int right = (pad_w + shape_.stride_w - 1) / shape_.stride_w;
        const int columns = left + shape_.out_w + right;
        const int slots = min_of(shape_.out_h, above_ + 1 + below_);
        const int fit = 600 * 1024 / 4 / max_of(1, columns * slots) / kChannelRun * kChannelRun;
        chunks_ = Chunks(shape_.groups, shape_.group_out(), max_of(kChannelRun, min_of(64, fit)));
        Pieces pieces(workspace);
        rows_ = PaddedRows(pieces, slots, columns, left, chunks_.most_channels(), shape_.out_h, shape_.out_w, shape_.out_c);
        // A piece of a run of equal dilations is cut at kChannelRun and at the chunk's borders.
        const int pieces_most = chunks_.most_channels() / kChannelRun + 2 * job.block_count + 1;
        segments_ = pieces.take<Segment>(static_cast<size_t>(shape_.taps()) * pieces_most);
        tile_ = pieces.take<float>(static_cast<size_t>(Lanes::kWidePixels[0]) * 32);
        weights_ = pieces.take<float>(static_cast<size_t>(task.block1 - task.block0) * block_weights());
        used_ = pieces.used();
    }

    size_t used() const { return used_; }

    void run() {
        const int s = shape_.stride_h;
        for (int i = 0; i < chunks_.count(); ++i) {
            const Chunk chunk = chunks_.at(i);
            begin_rows(chunk);
            pack(chunk);
            for (int a = task_.row0 / s; a * s < task_.row1; ++a) {
                rows_.load_until(a + below_ + 1);
                for (int row = a * s; row < min_of(a * s + s, task_.row1); ++row) {
                    for (int phase = 0; phase < min_of(shape_.stride_w, shape_.in_w); ++phase) do_row(chunk, row, phase);
                }
            }
        }
    }

private:
    int blocks_per_group() const { return (shape_.group_in() + 31) / 32; }
    static int width_of(int count) { return count > 16 ? 32 : 16; }
    size_t block_weights() const {
        return static_cast<size_t>(chunks_.most_channels()) * shape_.taps() * min_of(32, round_up(shape_.group_in(), 16));
    }

    void begin_rows(const Chunk& chunk) {
        const int first = chunk.group0 * shape_.group_out() + chunk.local0;
        const int count = (chunk.group1 - chunk.group0 - 1) * shape_.group_out() + chunk.local1 - chunk.local0;
        const int* select = job_.order + first;
        bool contiguous = true;
        for (int n = 1; n < count; ++n) contiguous = contiguous && select[n] == select[0] + n;
        const float* image = job_.dy + static_cast<size_t>(task_.image) * shape_.out_h * shape_.out_w * shape_.out_c;
        rows_.begin(contiguous ? image + select[0] : image, count, task_.row0 / shape_.stride_h - above_,
                    contiguous ? nullptr : select);
    }

    // Calls visit(block, begin, end) for the pieces, at most kChannelRun long, of `order` that belong to the group and the chunk.
    template <class Visit>
    void for_pieces(const Chunk& chunk, int group, Visit visit) const {
        const int begin = group * shape_.group_out() + chunk.local0;
        const int end = group * shape_.group_out() + chunk.local1;
        for (int b = 0; b < job_.block_count; ++b) {
            const ConvBlock& block = job_.blocks[b];
            const int block_end = min_of(end, block.first + block.count);
            for (int o = max_of(begin, block.first); o < block_end; o += kChannelRun) {
                visit(block, o, min_of(o + kChannelRun, block_end));
            }
        }
    }

    void pack(const Chunk& chunk) {
        for (int b = task_.block0; b < task_.block1; ++b) {
            const int group = b / blocks_per_group();
            if (group < chunk.group0 || group >= chunk.group1) continue;
            const int channel0 = b % blocks_per_group() * 32;
            const int count = min_of(32, shape_.group_in() - channel0);
            const int width = width_of(count);
            float* to = weights_ + static_cast<size_t>(b - task_.block0) * block_weights();
            for_pieces(chunk, group, [&](const ConvBlock&, int begin, int end) {
                for (int tap = 0; tap < shape_.taps(); ++tap) {
                    const float* from = job_.filter + (static_cast<size_t>(tap) * shape_.group_in() + channel0) * shape_.out_c;
                    for (int n = 0; n < count; ++n, from += shape_.out_c) {
                        for (int o = begin; o < end; ++o) to[(o - begin) * width + n] = from[job_.order[o]];
                    }
                    for (int n = count; n < width; ++n) {
                        for (int o = begin; o < end; ++o) to[(o - begin) * width + n] = 0;
                    }
                    to += (end - begin) * width;
                }
            });
        }
    }

    int build_segments(const Chunk& chunk, int group, int width, int row, int phase) {
        const int radius = shape_.radius();
        const int base = chunk.group0 * shape_.group_out() + chunk.local0;
        int count = 0;
        ptrdiff_t weights = 0;
        for_pieces(chunk, group, [&](const ConvBlock& block, int begin, int end) {
            const int dilation_h = clip_dilation(block.dilation_h, shape_.in_h);
            const int dilation_w = clip_dilation(block.dilation_w, shape_.in_w);
            for (int u = -radius; u <= radius; ++u) {
                const int y = row - u * dilation_h;
                const int out_y = floor_div(y, shape_.stride_h);
                const bool live = floor_mod(y, shape_.stride_h) == 0 && out_y >= 0 && out_y < shape_.out_h;
                for (int v = -radius; v <= radius; ++v, weights += static_cast<ptrdiff_t>(end - begin) * width) {
                    const int x = phase - v * dilation_w;
                    if (!live || floor_mod(x, shape_.stride_w) != 0) continue;
                    segments_[count++] = {rows_.offset(out_y, floor_div(x, shape_.stride_w)) + begin - base, weights, end - begin};
                }
            }
        });
        return count;
    }

    void do_row(const Chunk& chunk, int row, int phase) {
        static const float zeros[32] = {};
        const int columns = (shape_.in_w - phase + shape_.stride_w - 1) / shape_.stride_w;
        const ptrdiff_t out_stride = static_cast<ptrdiff_t>(shape_.stride_w) * shape_.in_c;
        float* const out = job_.dx + ((static_cast<size_t>(task_.image) * shape_.in_h + row) * shape_.in_w + phase) * shape_.in_c;
        WideTile tile;
        tile.pixel_stride = rows_.pixel_stride();
        tile.segments = segments_;
        tile.relu = false;
        int built_group = -1;
        int built_width = 0;
        for (int b = task_.block0; b < task_.block1; ++b) {
            const int group = b / blocks_per_group();
            if (group < chunk.group0 || group >= chunk.group1) continue;
            const int channel0 = b % blocks_per_group() * 32;
            const int count = min_of(32, shape_.group_in() - channel0);
            const int width = width_of(count);
            if (group != built_group || width != built_width) {
                tile.segment_count = build_segments(chunk, group, width, row, phase);
                built_group = group;
                built_width = width;
            }
            const float* const weights = weights_ + static_cast<size_t>(b - task_.block0) * block_weights();
            float* const block_out = out + group * shape_.group_in() + channel0;
            const int vectors = min_of(2, width / Lanes::kCount);
            const int parts = parts_of(columns, Lanes::kWidePixels[vectors - 1]);
            tile.weight_stride = width;
            for (int part = 0; part < parts; ++part) {
                const int x0 = part_begin(columns, parts, part);
                const int pixels = part_begin(columns, parts, part + 1) - x0;
                tile.base = rows_.data() + x0 * tile.pixel_stride;
                float* const pixel = block_out + x0 * out_stride;
                const bool direct = count == width;
                if (!direct && !chunk.first) {
                    for (int p = 0; p < pixels; ++p) std::memcpy(tile_ + p * 32, pixel + p * out_stride, sizeof(float) * count);
                }
                for (int n = 0; n < width; n += vectors * Lanes::kCount) {
                    tile.weights = weights + n;
                    tile.out = direct ? pixel + n : tile_ + n;
                    tile.out_stride = direct ? out_stride : 32;
                    tile.start = chunk.first ? zeros : nullptr;
                    tile_tables().wide[vectors - 1][pixels - 1](tile);
                }
                if (!direct) {
                    for (int p = 0; p < pixels; ++p) std::memcpy(pixel + p * out_stride, tile_ + p * 32, sizeof(float) * count);
                }
            }
        }
    }

    const GradInputJob& job_;
    const ConvShape& shape_;
    const ConvTask& task_;
    int above_ = 0, below_ = 0;
    Chunks chunks_;
    PaddedRows rows_;
    Segment* segments_ = nullptr;
    float* tile_ = nullptr;
    float* weights_ = nullptr;
    size_t used_ = 0;
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_GRAD_INPUT_TASK_H_
