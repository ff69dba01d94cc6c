// A ring of zero-padded rows, pixels by channels, copied from an NHWC map.
//
// The copy removes every test for the border from the tiles, keeps what they read close together, and spaces pixels so that they
// do not fall on the same cache sets as they do with 512 or 1024 channels.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_PADDED_ROWS_H_
#define ICCONV_OPS_INCEPTION_CONV2D_PADDED_ROWS_H_

#include <cstring>

#include "ops/inception_conv2d/geometry.h"

namespace icconv {
namespace {

class PaddedRows {
public:
    PaddedRows() = default;
    // slots: rows held at once; columns: of the padded row, pad of them left of column 0; width, height, map_channels: of the map.
    PaddedRows(Pieces& pieces, int slots, int columns, int pad, int channels, int height, int width, int map_channels)
        : slots_(slots), columns_(columns), pad_(pad), height_(height), width_(width), map_channels_(map_channels) {
        pixel_stride_ = round_up(channels, kChannelRun);
        // An odd number of cache lines where neighbouring pixels would share few cache sets.
        if (pixel_stride_ % 128 == 0) pixel_stride_ += kChannelRun;
        row_stride_ = static_cast<ptrdiff_t>(columns) * pixel_stride_;
        data_ = pieces.take<float>(static_cast<size_t>(slots) * row_stride_);
    }

    const float* data() const { return data_; }
    int pixel_stride() const { return pixel_stride_; }

    // Offset from data() of map row y, column x - for x = -pad and up to what `columns` allows.
    ptrdiff_t offset(int y, int x) const {
        return y % slots_ * row_stride_ + static_cast<ptrdiff_t>(x + pad_) * pixel_stride_;
    }

    // Starts over at `row` with `channels` channels; source: the image's first pixel, at the first of them. select: null, or the
    // map's channels to take (source is then at channel 0).
    void begin(const float* source, int channels, int row, const int* select = nullptr) {
        source_ = source;
        channels_ = channels;
        next_ = max_of(0, row);
        select_ = select;
    }

    // Makes rows below `end` present; the oldest ones give way.
    void load_until(int end) {
        for (end = min_of(end, height_); next_ < end; ++next_) copy_row(next_);
    }

private:
    void copy_row(int y) {
        float* to = data_ + y % slots_ * row_stride_;
        const int right = min_of(columns_, pad_ + width_);
        std::memset(to, 0, sizeof(float) * min_of(pad_, columns_) * pixel_stride_);
        const float* from = source_ + static_cast<size_t>(y) * width_ * map_channels_;
        for (int x = pad_; x < right; ++x, from += map_channels_) {
            float* pixel = to + static_cast<ptrdiff_t>(x) * pixel_stride_;
            if (select_ == nullptr) {
                int c = 0;
                for (; c + Lanes::kCount <= channels_; c += Lanes::kCount) Lanes::storeu(pixel + c, Lanes::loadu(from + c));
                for (; c < channels_; ++c) pixel[c] = from[c];
            } else {
                for (int c = 0; c < channels_; ++c) pixel[c] = from[select_[c]];
            }
        }
        if (columns_ > right) {
            std::memset(to + right * static_cast<ptrdiff_t>(pixel_stride_), 0, sizeof(float) * (columns_ - right) * pixel_stride_);
        }
    }

    int slots_ = 0, columns_ = 0, pad_ = 0, height_ = 0, width_ = 0, map_channels_ = 0, channels_ = 0;
    int pixel_stride_ = 0;
    ptrdiff_t row_stride_ = 0;
    float* data_ = nullptr;
    const float* source_ = nullptr;
    const int* select_ = nullptr;
    int next_ = 0;
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_PADDED_ROWS_H_
