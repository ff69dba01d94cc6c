// A ring of rows with pixels in lanes, for the narrow tiles.
//
// The lanes split the map into lane_rows x lane_columns rectangles of rows() x columns() output pixels. Vector (i, j) holds pixel
// (i, j) of every rectangle, so a step of one pixel in any direction is a step of one whole vector: taps never need unaligned
// loads or shifts, whatever the dilation. Input vector (ii, t), relative to the rectangles' origins and with a halo on all sides,
// is stored as plane[channel][t mod stride][t div stride], so that consecutive output columns read consecutive vectors at
// stride 2 too.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_LANE_PLANES_H_
#define ICCONV_OPS_INCEPTION_CONV2D_LANE_PLANES_H_

#include "ops/inception_conv2d/geometry.h"

namespace icconv {
namespace {

class LanePlanes {
public:
    LanePlanes() = default;
    // Rows [row0, row1) of the output; pads: halo in input pixels.
    LanePlanes(const ConvShape& shape, int row0, int row1, int pad_h, int pad_w)
        : in_h_(shape.in_h), in_w_(shape.in_w), in_c_(shape.in_c), stride_h_(shape.stride_h), stride_w_(shape.stride_w), row0_(row0),
          pad_h_(pad_h), pad_w_(pad_w) {
        // Fewest vectors, those of the halo included at the share of time that packing takes.
        double best = 0;
        for (int lane_rows = 1; lane_rows <= Lanes::kCount; lane_rows *= 2) {
            const int rows = (row1 - row0 + lane_rows - 1) / lane_rows;
            const int columns = (shape.out_w + Lanes::kCount / lane_rows - 1) / (Lanes::kCount / lane_rows);
            const double packed = ((rows - 1.0) * stride_h_ + 1 + 2 * pad_h) * ((columns - 1.0) * stride_w_ + 1 + 2 * pad_w);
            // Short rows of vectors leave the tiles too small.
            const double cost = rows * (columns + (columns < 4 ? 0.5 : 0.0)) + packed * kPackShare / shape.out_c;
            if (lane_rows == 1 || cost < best) {
                best = cost;
                lane_rows_ = lane_rows;
                rows_ = rows;
                columns_ = columns;
            }
        }
        lane_columns_ = Lanes::kCount / lane_rows_;
        span_ = (columns_ - 1) * stride_w_ + 1 + 2 * pad_w;
        phase_ = (span_ + stride_w_ - 1) / stride_w_;
        // An odd number of vectors, so that channels spread over all cache sets.
        plane_ = phase_ * stride_w_ | 1;
        slots_ = 1 + 2 * pad_h;
    }

    int rows() const { return rows_; }
    int halo() const { return pad_h_; }
    int columns() const { return columns_; }
    // Vectors held of one channel.
    int vectors() const { return slots_ * plane_; }
    ptrdiff_t channel_stride() const { return static_cast<ptrdiff_t>(plane_) * Lanes::kCount; }

    void allocate(Pieces& pieces, int channels) {
        channels_ = round_up(channels, Lanes::kCount);
        data_ = pieces.take<float>(static_cast<size_t>(channels_) * vectors() * Lanes::kCount);
    }
    const float* data() const { return data_; }

    // Whether any lane of input row ii (relative to the rectangles) lies on the map.
    bool live(int ii) const {
        for (int r = 0; r < lane_rows_; ++r) {
            const int y = (row0_ + r * rows_) * stride_h_ + ii;
            if (y >= 0 && y < in_h_) return true;
        }
        return false;
    }

    // Offset from data() of what output column 0 reads in input row ii for a tap dx columns away.
    ptrdiff_t offset(int ii, int dx) const {
        const int t = dx + pad_w_;
        return (static_cast<ptrdiff_t>((ii + pad_h_) % slots_) * channels_ * plane_ + t % stride_w_ * phase_ + t / stride_w_) *
               Lanes::kCount;
    }

    // Starts over at the first row; image: its first pixel at the first of `count` channels to hold.
    void begin(const float* image, int count) {
        image_ = image;
        count_ = count;
        next_ = -pad_h_;
    }
    void load_until(int end) {
        for (; next_ < end; ++next_) {
            if (live(next_)) pack_row(next_);
        }
    }

    // The output pixel in lane l of vector (i, j).
    int out_row(int i, int lane) const { return row0_ + lane / lane_columns_ * rows_ + i; }
    int out_column(int j, int lane) const { return lane % lane_columns_ * columns_ + j; }

private:
    // Time to pack one vector over the time of one output channel on it, for 1 input channel of a 3 x 3 kernel.
    static constexpr double kPackShare = 0.6;

    void pack_row(int ii) {
        float* const row = data_ + static_cast<ptrdiff_t>((ii + pad_h_) % slots_) * channels_ * plane_ * Lanes::kCount;
        for (int t = 0; t < span_; ++t) {
            float* const to = row + static_cast<ptrdiff_t>(t % stride_w_ * phase_ + t / stride_w_) * Lanes::kCount;
            const float* from[Lanes::kCount];
            for (int lane = 0; lane < Lanes::kCount; ++lane) {
                const int y = (row0_ + lane / lane_columns_ * rows_) * stride_h_ + ii;
                const int x = lane % lane_columns_ * columns_ * stride_w_ + t - pad_w_;
                const bool inside = y >= 0 && y < in_h_ && x >= 0 && x < in_w_;
                from[lane] = inside ? image_ + (static_cast<size_t>(y) * in_w_ + x) * in_c_ : nullptr;
            }
            for (int c = 0; c < count_; c += Lanes::kCount) pack_channels(from, c, to + c * channel_stride());
        }
    }

    void pack_channels(const float* const* from, int c, float* to) {
        Lanes::Vector v[Lanes::kCount];
        const int left = count_ - c;
        if (left >= Lanes::kCount) {
            for (int l = 0; l < Lanes::kCount; ++l) v[l] = from[l] != nullptr ? Lanes::loadu(from[l] + c) : Lanes::zero();
        } else {
            const Lanes::Mask mask = Lanes::mask((1u << left) - 1);
            for (int l = 0; l < Lanes::kCount; ++l) {
                v[l] = from[l] != nullptr ? Lanes::load_masked(from[l] + c, mask) : Lanes::zero();
            }
        }
        Lanes::transpose(v);
        for (int l = 0; l < Lanes::kCount; ++l) Lanes::store(to + l * channel_stride(), v[l]);
    }

    int in_h_ = 0, in_w_ = 0, in_c_ = 0, stride_h_ = 1, stride_w_ = 1, row0_ = 0, pad_h_ = 0, pad_w_ = 0;
    int lane_rows_ = 1, lane_columns_ = 1, rows_ = 0, columns_ = 0;
    int span_ = 0, phase_ = 0, plane_ = 0, slots_ = 0;
    int channels_ = 0, count_ = 0, next_ = 0;
    float* data_ = nullptr;
    const float* image_ = nullptr;
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_LANE_PLANES_H_
