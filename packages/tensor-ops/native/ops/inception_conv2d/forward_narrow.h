// Forward pass of the narrow blocks: pixels in lanes, sums kept channel by channel and transposed into NHWC at the end.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_FORWARD_NARROW_H_
#define ICCONV_OPS_INCEPTION_CONV2D_FORWARD_NARROW_H_

#include "ops/inception_conv2d/geometry.h"
#include "ops/inception_conv2d/lane_planes.h"
#include "ops/inception_conv2d/row_fetch.h"
#include "ops/inception_conv2d/tiles.h"
#include "ops/inception_conv2d/weights.h"

namespace icconv {
namespace {

class ForwardNarrow {
public:
    ForwardNarrow(const ForwardJob& job, const ConvTask& task, void* workspace)
        : job_(job), shape_(job.shape), task_(task), chunks_(1, 1, kChannelRun) {
        block0_ = task.block0;
        while (block0_ < task.block1 && job.blocks[block0_].wide) ++block0_;
        int pad_h = 0;
        int pad_w = 0;
        size_t weights = 0;
        for (int b = block0_; b < task.block1; ++b) {
            const ConvBlock& block = job.blocks[b];
            pad_h = max_of(pad_h, shape_.radius() * clip_dilation(block.dilation_h, shape_.in_h));
            pad_w = max_of(pad_w, shape_.radius() * clip_dilation(block.dilation_w, shape_.in_w));
            channels_ += block.count;
            weights += static_cast<size_t>(shape_.taps()) * block.width;
        }
        if (channels_ == 0) return;
        planes_ = LanePlanes(shape_, task.row0, task.row1, pad_h, pad_w, job.share);
        int channels = LanePlanes::channels_that_fit(planes_.vectors(), shape_.in_c, job.share, LanePlanes::kPlaneBytes);
        if (job.packed == nullptr) channels = min_of(channels, channels_to_pack(weights, job.share));
        chunks_ = Chunks(shape_.groups, shape_.group_in(), channels);
        Pieces pieces(workspace);
        planes_.allocate(pieces, chunks_.most_channels());
        if (planes_.lane_rows() > 1) {
            band_rows_ = task.row1 - task.row0;
        } else {
            band_rows_ = min_of(task.row1 - task.row0, chunks_.count() > 1 ? kBandOfChunks : kBand);
        }
        // Sums of one row, or of a band where several chunks of input channels add to them.
        const int kept_rows = chunks_.parts() > 1 ? min_of(band_rows_, planes_.rows()) : 1;
        sums_ = pieces.take<float>(static_cast<size_t>(kept_rows) * sums_row());
        segments_ = pieces.take<Segment>(static_cast<size_t>(shape_.taps()) * (chunks_.most_channels() / kChannelRun + 1) * 2);
        place_ = pieces.take<int>(shape_.out_c);
        if (job.packed == nullptr) {
            weights_ = pieces.take<float>(weights * min_of(chunks_.most_channels(), shape_.group_in()));
        }
        used_ = pieces.used();
    }

    size_t used() const { return used_; }

    // Rows of vectors to be done between other work on the same rows of the map; all of them where lanes are far apart.
    int band_rows() const { return band_rows_; }

    // Output rows [row0, row1) of the task, as band_rows() cuts them; calls follow one another from the first row to the last.
    void run(int row0, int row1) {
        if (channels_ == 0) return;
        const int begin_row = row0 - task_.row0;
        const int end_row = min_of(row1 - task_.row0, planes_.rows());
        for (int i = 0; i < chunks_.count(); ++i) {
            const Chunk chunk = chunks_.at(i);
            // A single chunk's rows and weights stay from call to call.
            if (chunks_.count() > 1 || begin_row == 0) {
                place(chunk);
                if (job_.packed == nullptr) pack(chunk);
                const int begin = chunk.group0 * shape_.group_in() + chunk.local0;
                const int count = (chunk.group1 - chunk.group0 - 1) * shape_.group_in() + chunk.local1 - chunk.local0;
                planes_.begin(job_.x + static_cast<size_t>(task_.image) * shape_.in_h * shape_.in_w * shape_.in_c + begin, count,
                              begin_row * shape_.stride_h);
            }
            for (int row = begin_row; row < end_row; ++row) {
                planes_.load_until(row * shape_.stride_h + planes_.halo() + 1);
                float* const sums = sums_ + (chunks_.parts() > 1 ? row - begin_row : 0) * sums_row();
                begin_fetch(chunk, row);
                do_row(chunk, row, sums);
                if (chunk.last) write_row(chunk, row, sums);
            }
        }
    }

private:
    // Rows between wide and narrow blocks: few where everything stays from band to band; where every chunk of channels packs its
    // rows anew, enough that the halo's rows, packed twice, do not matter.
    static constexpr int kBand = 4;
    static constexpr int kBandOfChunks = 32;

    ptrdiff_t row_floats() const { return static_cast<ptrdiff_t>(planes_.columns()) * Lanes::kCount; }
    ptrdiff_t sums_row() const { return channels_ * row_floats(); }

    bool in_chunk(const Chunk& chunk, const ConvBlock& block) const {
        return block.group >= chunk.group0 && block.group < chunk.group1;
    }

    // place_[channel]: its row among the sums, -1 for channels of other tasks, chunks or the wide blocks.
    void place(const Chunk& chunk) {
        for (int c = 0; c < shape_.out_c; ++c) place_[c] = -1;
        int row = 0;
        for (int b = block0_; b < task_.block1; ++b) {
            const ConvBlock& block = job_.blocks[b];
            for (int n = 0; n < block.count; ++n, ++row) {
                if (in_chunk(chunk, block)) place_[job_.order[block.first + n]] = row;
            }
        }
    }

    size_t chunk_weights(const ConvBlock& block) const {
        return static_cast<size_t>(min_of(chunks_.most_channels(), shape_.group_in())) * shape_.taps() * block.width;
    }

    void pack(const Chunk& chunk) {
        float* to = weights_;
        for (int b = block0_; b < task_.block1; ++b) {
            const ConvBlock& block = job_.blocks[b];
            if (!in_chunk(chunk, block)) continue;
            pack_block(block, job_.order, job_.filter, shape_.taps(), shape_.group_in(), shape_.out_c, chunk.local0, chunk.local1,
                       to);
            to += chunk_weights(block);
        }
    }

    // Whether the block takes sweep tiles, whose segments are whole kernel rows.
    bool sweeps(const ConvBlock& block) const {
        return block.width == 1 && shape_.kernel == 3 && (shape_.groups == 1 || shape_.group_in() % kChannelRun == 0) &&
               block.dilation_w % shape_.stride_w == 0 && block.dilation_w / shape_.stride_w <= kMaxSweepShift &&
               block.dilation_w <= shape_.in_w;
    }

    int build_segments(const Chunk& chunk, const ConvBlock& block, int row, bool sweep) {
        const int radius = shape_.radius();
        const int dilation_h = clip_dilation(block.dilation_h, shape_.in_h);
        const int dilation_w = clip_dilation(block.dilation_w, shape_.in_w);
        const int group_offset = (block.group - chunk.group0) * shape_.group_in();
        int count = 0;
        ptrdiff_t weights = 0;
        for (int c = 0; c < chunk.local1 - chunk.local0; c += kChannelRun) {
            const int length = min_of(kChannelRun, chunk.local1 - chunk.local0 - c);
            // A small group's channels may straddle two runs of the planes.
            const int channel = group_offset + c;
            const int head = min_of(length, kChannelRun - channel % kChannelRun);
            for (int u = -radius; u <= radius; ++u) {
                const int ii = row * shape_.stride_h + u * dilation_h;
                const bool live = planes_.live(ii);
                for (int v = -radius; v <= radius; ++v, weights += static_cast<ptrdiff_t>(length) * block.width) {
                    if (!live || (sweep && v > -radius)) continue;
                    segments_[count++] = {planes_.offset(ii, v * dilation_w, channel), weights, head};
                    if (head < length) {
                        segments_[count++] = {planes_.offset(ii, v * dilation_w, channel + head),
                                              weights + static_cast<ptrdiff_t>(head) * block.width, length - head};
                    }
                }
            }
        }
        return count;
    }

    // Sets out to fetch, during do_row(row), what the next row packs and this one stores. Only where a row of vectors is a row of
    // the map: other maps are small.
    void begin_fetch(const Chunk& chunk, int row) {
        if (planes_.lane_rows() > 1) return;
        int steps = 0;
        for (int b = block0_; b < task_.block1; ++b) {
            if (in_chunk(chunk, job_.blocks[b])) steps += parts_of(planes_.columns(), tile_vectors(job_.blocks[b]));
        }
        const int begin = chunk.group0 * shape_.group_in() + chunk.local0;
        const int count = (chunk.group1 - chunk.group0 - 1) * shape_.group_in() + chunk.local1 - chunk.local0;
        const ptrdiff_t y = static_cast<ptrdiff_t>(task_.row0 + row) * shape_.stride_h + planes_.halo() + 1;
        const ptrdiff_t rows = y + shape_.stride_h <= shape_.in_h ? shape_.stride_h : 0;
        const float* const image = job_.x + static_cast<ptrdiff_t>(task_.image) * shape_.in_h * shape_.in_w * shape_.in_c;
        x_fetch_.begin(image + y * shape_.in_w * shape_.in_c + begin, static_cast<int>(rows) * shape_.in_w, shape_.in_c, count, steps);
        const ptrdiff_t out_row = static_cast<ptrdiff_t>(task_.image) * shape_.out_h + task_.row0 + row;
        y_fetch_.begin(job_.y + out_row * shape_.out_w * shape_.out_c, chunk.last ? shape_.out_w : 0, shape_.out_c, shape_.out_c, steps);
    }

    int tile_vectors(const ConvBlock& block) const {
        return sweeps(block) ? Lanes::kSweepVectors : Lanes::kNarrowVectors[block.width - 1];
    }

    void do_row(const Chunk& chunk, int row, float* sums) {
        const float* weights = weights_;
        NarrowTile tile;
        tile.segments = segments_;
        tile.out_stride = row_floats();
        tile.first = chunk.first;
        const int columns = planes_.columns();
        for (int b = block0_; b < task_.block1; ++b) {
            const ConvBlock& block = job_.blocks[b];
            float* const out = sums;
            sums += block.count * row_floats();
            if (!in_chunk(chunk, block)) continue;
            if (job_.packed != nullptr) {
                tile.weights = job_.packed + block.weights + static_cast<size_t>(chunk.local0) * shape_.taps() * block.width;
            } else {
                tile.weights = weights;
                weights += chunk_weights(block);
            }
            const bool sweep = sweeps(block);
            const int parts = parts_of(columns, tile_vectors(block));
            tile.segment_count = build_segments(chunk, block, row, sweep);
            for (int part = 0; part < parts; ++part) {
                const int j = part_begin(columns, parts, part);
                const int vectors = part_begin(columns, parts, part + 1) - j;
                tile.base = planes_.data() + j * LanePlanes::kVectorStride;
                tile.out = out + j * Lanes::kCount;
                x_fetch_.step();
                y_fetch_.step();
                if (sweep) {
                    tile_tables().sweep[vectors - 1][block.dilation_w / shape_.stride_w - 1](tile);
                } else {
                    tile_tables().narrow[block.width - 1][vectors - 1](tile);
                }
            }
        }
    }

    // Adds the bias to the finished sums of a row of vectors, and transposes them into y.
    void write_row(const Chunk& chunk, int row, const float* sums) {
        const int channel1 = chunk.group1 * shape_.group_out();
        for (int c = chunk.group0 * shape_.group_out(); c < channel1; c += Lanes::kCount) {
            unsigned bits = 0;
            const float* from[Lanes::kCount];
            for (int n = 0; n < Lanes::kCount; ++n) {
                const int place = c + n < channel1 ? place_[c + n] : -1;
                from[n] = sums + max_of(place, 0) * row_floats();
                if (place >= 0) bits |= 1u << n;
            }
            if (bits == 0) continue;
            const bool all = bits == (1u << (Lanes::kCount - 1)) * 2u - 1u;
            const Lanes::Mask mask = Lanes::mask(bits);
            const Lanes::Vector bias = Lanes::load_masked(job_.bias + c, mask);
            // Per lane: its first pixel, and how many of the columns lie on the map.
            float* to[Lanes::kCount];
            int columns[Lanes::kCount];
            for (int lane = 0; lane < Lanes::kCount; ++lane) {
                const int y = planes_.out_row(row, lane);
                const int x = planes_.out_column(0, lane);
                columns[lane] = y < task_.row1 ? shape_.out_w - x : 0;
                to[lane] = job_.y + ((static_cast<ptrdiff_t>(task_.image) * shape_.out_h + y) * shape_.out_w + x) * shape_.out_c + c;
            }
            for (int j = 0; j < planes_.columns(); ++j) {
                Lanes::Vector v[Lanes::kCount];
                for (int n = 0; n < Lanes::kCount; ++n) v[n] = Lanes::load(from[n] + j * Lanes::kCount);
                Lanes::transpose(v);
                for (int lane = 0; lane < Lanes::kCount; ++lane, to[lane - 1] += shape_.out_c) {
                    if (j >= columns[lane]) continue;
                    Lanes::Vector a = Lanes::add(v[lane], bias);
                    if (job_.relu) a = Lanes::relu(a);
                    __builtin_prefetch(to[lane] + 2 * shape_.out_c, 1);
                    if (all) {
                        Lanes::storeu(to[lane], a);
                    } else {
                        Lanes::store_masked(to[lane], mask, a);
                    }
                }
            }
        }
    }

    const ForwardJob& job_;
    const ConvShape& shape_;
    const ConvTask& task_;
    int block0_;
    int channels_ = 0;
    int band_rows_ = 1 << 30;
    Chunks chunks_;
    LanePlanes planes_;
    RowFetch<false> x_fetch_;
    RowFetch<true> y_fetch_;
    float* sums_ = nullptr;
    Segment* segments_ = nullptr;
    int* place_ = nullptr;
    float* weights_ = nullptr;
    size_t used_ = 0;
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_FORWARD_NARROW_H_
