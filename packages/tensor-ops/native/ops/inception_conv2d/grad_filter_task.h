// Gradient of the filter: for each block of output channels of one dilation and each tap, a sum over pixels of the outer product
// of the output gradient and the shifted input. Tasks differ in output channels, so nobody adds to another's sums.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_GRAD_FILTER_TASK_H_
#define ICCONV_OPS_INCEPTION_CONV2D_GRAD_FILTER_TASK_H_

#include "ops/inception_conv2d/filter_tile.h"
#include "ops/inception_conv2d/geometry.h"
#include "ops/inception_conv2d/padded_rows.h"

namespace icconv {
namespace {

class GradFilter {
public:
    GradFilter(const GradFilterJob& job, const ConvTask& task, void* workspace)
        : job_(job), shape_(job.shape), task_(task), chunks_(1, 1, kChannelRun) {
        int pad_w = 0;
        for (int b = task.block0; b < task.block1; ++b) {
            pad_h_ = max_of(pad_h_, shape_.radius() * clip_dilation(job.blocks[b].dilation_h, shape_.in_h));
            pad_w = max_of(pad_w, shape_.radius() * clip_dilation(job.blocks[b].dilation_w, shape_.in_w));
        }
        first_ = job.blocks[task.block0].first;
        count_ = job.blocks[task.block1 - 1].first + job.blocks[task.block1 - 1].count - first_;
        // Enough pixels at a time for fetching and storing the sums not to matter.
        row_step_ = min_of(shape_.out_h, (kPixelStep + shape_.out_w - 1) / shape_.out_w);
        const int columns = (shape_.out_w - 1) * shape_.stride_w + 1 + 2 * pad_w;
        const int slots = min_of(shape_.in_h, (row_step_ - 1) * shape_.stride_h + 1 + 2 * pad_h_);
        const int fit = 640 * 1024 / 4 / max_of(1, columns * slots) / kChannelRun * kChannelRun;
        chunks_ = Chunks(shape_.groups, shape_.group_in(), max_of(kChannelRun, min_of(64, fit)));
        sum_stride_ = round_up(min_of(shape_.group_in(), chunks_.most_channels()), kChannelRun);
        Pieces pieces(workspace);
        x_rows_ = PaddedRows(pieces, slots, columns, pad_w, chunks_.most_channels(), shape_.in_h, shape_.in_w, shape_.in_c);
        // Whole vectors are read at the last pixel, too.
        pieces.take<float>(kChannelRun);
        dy_rows_ = PaddedRows(pieces, row_step_, shape_.out_w, 0, count_, shape_.out_h, shape_.out_w, shape_.out_c);
        sums_ = pieces.take<float>(static_cast<size_t>(count_) * shape_.taps() * sum_stride_);
        rows_ = pieces.take<FilterRow>(row_step_);
        used_ = pieces.used();
    }

    size_t used() const { return used_; }

    void run() {
        const int* select = job_.order + first_;
        bool contiguous = true;
        for (int n = 1; n < count_; ++n) contiguous = contiguous && select[n] == select[0] + n;
        for (int i = 0; i < chunks_.count(); ++i) {
            const Chunk chunk = chunks_.at(i);
            const int begin = chunk.group0 * shape_.group_in() + chunk.local0;
            const int count = (chunk.group1 - chunk.group0 - 1) * shape_.group_in() + chunk.local1 - chunk.local0;
            bool any = false;
            for (int b = task_.block0; b < task_.block1; ++b) any = any || in_chunk(chunk, job_.blocks[b]);
            if (!any) continue;
            std::memset(sums_, 0, sizeof(float) * count_ * shape_.taps() * sum_stride_);
            for (int image = 0; image < shape_.batch; ++image) {
                const float* dy = job_.dy + static_cast<size_t>(image) * shape_.out_h * shape_.out_w * shape_.out_c;
                x_rows_.begin(job_.x + static_cast<size_t>(image) * shape_.in_h * shape_.in_w * shape_.in_c + begin, count, 0);
                dy_rows_.begin(contiguous ? dy + select[0] : dy, count_, 0, contiguous ? nullptr : select);
                for (int row = 0; row < shape_.out_h; row += row_step_) {
                    const int end = min_of(shape_.out_h, row + row_step_);
                    x_rows_.load_until((end - 1) * shape_.stride_h + pad_h_ + 1);
                    dy_rows_.load_until(end);
                    for (int b = task_.block0; b < task_.block1; ++b) {
                        if (in_chunk(chunk, job_.blocks[b])) add_rows(chunk, job_.blocks[b], row, end);
                    }
                }
            }
            for (int b = task_.block0; b < task_.block1; ++b) {
                if (in_chunk(chunk, job_.blocks[b])) write(chunk, job_.blocks[b]);
            }
        }
    }

private:
    static constexpr int kPixelStep = 256;

    bool in_chunk(const Chunk& chunk, const ConvBlock& block) const {
        return block.group >= chunk.group0 && block.group < chunk.group1;
    }

    void add_rows(const Chunk& chunk, const ConvBlock& block, int row, int end) {
        const int radius = shape_.radius();
        const int dilation_h = clip_dilation(block.dilation_h, shape_.in_h);
        const int dilation_w = clip_dilation(block.dilation_w, shape_.in_w);
        const int channels = chunk.local1 - chunk.local0;
        const int vectors = (channels + Lanes::kCount - 1) / Lanes::kCount;
        const int parts = parts_of(vectors, Lanes::kFilterVectors[block.count - 1]);
        FilterTile tile;
        tile.rows = rows_;
        tile.pixels = shape_.out_w;
        tile.x_stride = static_cast<ptrdiff_t>(shape_.stride_w) * x_rows_.pixel_stride();
        tile.dy_stride = dy_rows_.pixel_stride();
        tile.sum_stride = sum_stride_;
        float* sums = sums_ + static_cast<size_t>(block.first - first_) * shape_.taps() * sum_stride_;
        for (int u = -radius; u <= radius; ++u) {
            tile.row_count = 0;
            for (int r = row; r < end; ++r) {
                const int y = r * shape_.stride_h + u * dilation_h;
                if (y < 0 || y >= shape_.in_h) continue;
                rows_[tile.row_count++] = {x_rows_.data() + x_rows_.offset(y, 0),
                                           dy_rows_.data() + dy_rows_.offset(r, 0) + block.first - first_};
            }
            for (int v = -radius; v <= radius; ++v, sums += block.count * sum_stride_) {
                if (tile.row_count == 0) continue;
                const ptrdiff_t offset = static_cast<ptrdiff_t>(v) * dilation_w * x_rows_.pixel_stride() +
                                         (block.group - chunk.group0) * shape_.group_in();
                for (int part = 0; part < parts; ++part) {
                    const int first = part_begin(vectors, parts, part);
                    tile.x_offset = offset + first * Lanes::kCount;
                    tile.sums = sums + first * Lanes::kCount;
                    filter_tile_table().tile[block.count - 1][part_begin(vectors, parts, part + 1) - first - 1](tile);
                }
            }
        }
    }

    void write(const Chunk& chunk, const ConvBlock& block) {
        const float* sums = sums_ + static_cast<size_t>(block.first - first_) * shape_.taps() * sum_stride_;
        const int* channels = job_.order + block.first;
        for (int tap = 0; tap < shape_.taps(); ++tap, sums += block.count * sum_stride_) {
            float* to = job_.dfilter + (static_cast<size_t>(tap) * shape_.group_in() + chunk.local0) * shape_.out_c;
            for (int c = 0; c < chunk.local1 - chunk.local0; ++c, to += shape_.out_c) {
                for (int n = 0; n < block.count; ++n) to[channels[n]] = sums[n * sum_stride_ + c];
            }
        }
    }

    const GradFilterJob& job_;
    const ConvShape& shape_;
    const ConvTask& task_;
    int pad_h_ = 0;
    int first_ = 0, count_ = 0, row_step_ = 1;
    Chunks chunks_;
    PaddedRows x_rows_;
    PaddedRows dy_rows_;
    ptrdiff_t sum_stride_ = 0;
    float* sums_ = nullptr;
    FilterRow* rows_ = nullptr;
    size_t used_ = 0;
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_GRAD_FILTER_TASK_H_
