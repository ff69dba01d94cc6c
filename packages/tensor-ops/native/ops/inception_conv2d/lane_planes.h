// A ring of rows with pixels in lanes, for the narrow tiles.
//
// The lanes split the map into lane_rows x lane_columns rectangles of rows() x columns() output pixels. Vector (i, j) holds pixel
// (i, j) of every rectangle, so a step of one pixel in any direction is a step of one whole vector: taps never need unaligned
// loads or shifts, whatever the dilation. Input vector (ii, t), relative to the rectangles' origins and with a halo on all sides,
// is stored as row[ii][channel div 16][t mod stride][t div stride][channel mod 16]: neighbouring output columns are equally far
// apart at any stride, and the channels that a tile walks through follow one another in memory.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_LANE_PLANES_H_
#define ICCONV_OPS_INCEPTION_CONV2D_LANE_PLANES_H_

#include "ops/inception_conv2d/geometry.h"

namespace icconv {
namespace {

class LanePlanes {
public:
    LanePlanes() = default;
    // Rows [row0, row1) of the output; pads: halo in input pixels.
    LanePlanes(const ConvShape& shape, int row0, int row1, int pad_h, int pad_w, size_t share)
        : in_h_(shape.in_h), in_w_(shape.in_w), in_c_(shape.in_c), stride_h_(shape.stride_h), stride_w_(shape.stride_w), row0_(row0),
          pad_h_(pad_h), pad_w_(pad_w) {
        double best = 0;
        for (int lane_rows = 1; lane_rows <= Lanes::kCount; lane_rows *= 2) {
            const int rows = (row1 - row0 + lane_rows - 1) / lane_rows;
            const int columns = (shape.out_w + Lanes::kCount / lane_rows - 1) / (Lanes::kCount / lane_rows);
            const int span = (columns - 1) * stride_w_ + 1 + 2 * pad_w;
            // In vectors of sums to compute: those themselves, with a share lost at the end of each row; the vectors to pack; and
            // the sums that are put away and fetched again for every further chunk of input channels, from main memory if many.
            const double vectors = rows * (columns + kRowShare);
            const double packed = ((rows - 1.0) * stride_h_ + 1 + 2 * pad_h) * span;
            const int chunks = (shape.in_c - 1) / channels_that_fit((1 + 2 * pad_h) * span, shape.in_c, share, kChoiceBytes) + 1;
            const double chunk_share = vectors * shape.out_c * Lanes::kCount * sizeof(float) > kNearBytes ? kFarChunk : kNearChunk;
            const double cost = vectors * (1 + chunk_share * (chunks - 1) / shape.in_c) + packed * kPackShare / shape.out_c;
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
        plane_ = phase_ * stride_w_;
        slots_ = 1 + 2 * pad_h;
    }

    // Channels to hold at a time, when each has `vectors` vectors, in `most_bytes` and the planes' part of the thread's share.
    static int channels_that_fit(int vectors, int most, size_t share, size_t most_bytes) {
        const size_t bytes = share / 3 < most_bytes ? share / 3 : most_bytes;
        const int fit = static_cast<int>(bytes / sizeof(float)) / Lanes::kCount / max_of(1, vectors) / kChannelRun * kChannelRun;
        return max_of(kChannelRun, min_of(min_of(256, round_up(most, kChannelRun)), fit));
    }
    // Lanes are chosen for planes within a level-2 cache of 1 MB. Beyond it, reading planes from the next cache costs less than
    // another chunk of channels does, up to some 2 MB.
    static constexpr size_t kChoiceBytes = 1000 << 10;
    static constexpr size_t kPlaneBytes = 2100 << 10;

    int lane_rows() const { return lane_rows_; }
    int rows() const { return rows_; }
    int halo() const { return pad_h_; }
    int columns() const { return columns_; }
    // Vectors held of one channel.
    int vectors() const { return slots_ * plane_; }
    // From vector (i, j) to (i, j + 1) of a channel, and from a channel to the next one below a multiple of kChannelRun.
    static constexpr ptrdiff_t kVectorStride = kChannelRun * Lanes::kCount;
    static constexpr ptrdiff_t kChannelStride = Lanes::kCount;

    void allocate(Pieces& pieces, int channels) {
        channels_ = round_up(channels, kChannelRun);
        data_ = pieces.take<float>(static_cast<size_t>(channels_) * vectors() * Lanes::kCount);
        zeros_ = pieces.take<float>(channels_);
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

    // Offset from data() of what output column 0 reads in a channel of input row ii for a tap dx columns away.
    ptrdiff_t offset(int ii, int dx, int channel) const {
        const int t = dx + pad_w_;
        return row_offset(ii) + (channel / kChannelRun * plane_ + t % stride_w_ * phase_ + t / stride_w_) * kVectorStride +
               channel % kChannelRun * kChannelStride;
    }

    // Starts over before row ii + halo of the rectangles; image: its first pixel at the first of `count` channels to hold.
    void begin(const float* image, int count, int ii) {
        image_ = image;
        for (int c = 0; c < channels_; ++c) zeros_[c] = 0;
        count_ = count;
        next_ = ii - pad_h_;
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
    // Measured. Of a vector's time per input channel: to put sums away and fetch them, near and far. Of one vector's time: what
    // the end of a row costs.
    static constexpr double kNearChunk = 1.1;
    static constexpr double kFarChunk = 3.5;
    static constexpr double kNearBytes = 8 << 20;
    static constexpr double kRowShare = 0.15;
    // Time to pack one vector over the time of one output channel on it, for 1 input channel of a 3 x 3 kernel.
    static constexpr double kPackShare = 0.6;
    // Pixels between what is packed and what is asked for from memory.
    static constexpr int kPrefetch = 4;

    ptrdiff_t row_offset(int ii) const {
        return static_cast<ptrdiff_t>((ii + pad_h_) % slots_) * channels_ * plane_ * Lanes::kCount;
    }

    void pack_row(int ii) {
        // Per lane: column 0 of what it reads, and the range of t that lies on the map.
        const float* origin[Lanes::kCount];
        int first[Lanes::kCount];
        int last[Lanes::kCount];
        for (int lane = 0; lane < Lanes::kCount; ++lane) {
            const int y = (row0_ + lane / lane_columns_ * rows_) * stride_h_ + ii;
            const int x = lane % lane_columns_ * columns_ * stride_w_ - pad_w_;
            const bool inside = y >= 0 && y < in_h_;
            first[lane] = -x;
            last[lane] = inside ? in_w_ - x : -1;
            origin[lane] = image_ + (static_cast<ptrdiff_t>(inside ? y : 0) * in_w_ + x) * in_c_;
        }
        const ptrdiff_t ahead = static_cast<ptrdiff_t>(kPrefetch) * in_c_;
        for (int t = 0; t < span_; ++t) {
            float* to = data_ + row_offset(ii) + static_cast<ptrdiff_t>(t % stride_w_ * phase_ + t / stride_w_) * kVectorStride;
            const float* from[Lanes::kCount];
            for (int lane = 0; lane < Lanes::kCount; ++lane) {
                from[lane] = t >= first[lane] && t < last[lane] ? origin[lane] + static_cast<ptrdiff_t>(t) * in_c_ : zeros_;
            }
            for (int c = 0; c < count_; c += kChannelRun, to += plane_ * kVectorStride) {
                for (int lane = 0; lane < Lanes::kCount; ++lane) __builtin_prefetch(from[lane] + c + ahead);
                for (int n = 0; n < kChannelRun && c + n < count_; n += Lanes::kCount) pack_channels(from, c + n, to + n * kChannelStride);
            }
        }
    }

    void pack_channels(const float* const* from, int c, float* to) {
        Lanes::Vector v[Lanes::kCount];
        const int left = count_ - c;
        if (left >= Lanes::kCount) {
            for (int l = 0; l < Lanes::kCount; ++l) v[l] = Lanes::loadu(from[l] + c);
        } else {
            const Lanes::Mask mask = Lanes::mask((1u << left) - 1);
            for (int l = 0; l < Lanes::kCount; ++l) v[l] = Lanes::load_masked(from[l] + c, mask);
        }
        Lanes::transpose(v);
        for (int l = 0; l < Lanes::kCount; ++l) Lanes::store(to + l * kChannelStride, v[l]);
    }

    int in_h_ = 0, in_w_ = 0, in_c_ = 0, stride_h_ = 1, stride_w_ = 1, row0_ = 0, pad_h_ = 0, pad_w_ = 0;
    int lane_rows_ = 1, lane_columns_ = 1, rows_ = 0, columns_ = 0;
    int span_ = 0, phase_ = 0, plane_ = 0, slots_ = 0;
    int channels_ = 0, count_ = 0, next_ = 0;
    float* data_ = nullptr;
    float* zeros_ = nullptr;
    const float* image_ = nullptr;
};

constexpr ptrdiff_t LanePlanes::kVectorStride;
constexpr ptrdiff_t LanePlanes::kChannelStride;

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_LANE_PLANES_H_
