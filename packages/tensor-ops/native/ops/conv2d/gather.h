// Copies what some output pixels see into rows of the reduction's order: tap row, tap column, input channel. Included after a
// lanes_*.h and a products_*.h, which says of what numbers rows are.
#ifndef ICCONV_OPS_CONV2D_GATHER_H_
#define ICCONV_OPS_CONV2D_GATHER_H_

#include <cstddef>

#include "ops/conv2d/job.h"

namespace icconv {
namespace {

inline int min_of(int a, int b) { return a < b ? a : b; }
inline int max_of(int a, int b) { return a > b ? a : b; }

// Words of so many numbers, an odd number of cache lines: rows of a tile then lie in different sets of the level-1 cache. Leaves room for
// whole vectors.
inline ptrdiff_t row_stride(int numbers) { return (numbers / Products::kPerWord / 16 + 1) / 2 * 2 * 16 + 16; }

// Both write whole vectors: up to kCount - 1 floats past the end, which the caller leaves room for.
inline void copy_floats(Products::Number* to, const float* from, int n) {
    int i = 0;
    for (; i + Lanes::kCount <= n; i += Lanes::kCount) Products::store(to + i, Lanes::load(from + i));
    if (i < n) Products::store(to + i, Lanes::load_first(from + i, n - i));
}
inline void zero_floats(Products::Number* to, int n) {
    for (int i = 0; i < n; i += Lanes::kCount) Products::store(to + i, Lanes::zero());
}

class Gather {
public:
    // Reduction indices [k0, k1) of one block of channels.
    Gather(const conv2d_internal::Job& job, int block, int k0, int k1)
        : shape_(job.shape), x_(job.x + static_cast<ptrdiff_t>(block) * job.shape.block_in) {
        // Columns of the kernel that lie next to one another in memory are one run of floats.
        joined_ = shape_.dilation_w == 1 && shape_.blocks == 1;
        run_ = joined_ ? shape_.kernel_w * shape_.block_in : shape_.block_in;
        dense_ = shape_.kernel_h == 1 && shape_.kernel_w == 1 && shape_.stride_h == 1 && shape_.stride_w == 1 && shape_.pad_h == 0 &&
                 shape_.pad_w == 0;
        const int runs_a_row = joined_ ? 1 : shape_.kernel_w;
        const int run = k0 / run_;
        first_row_ = run / runs_a_row;
        first_column_ = run % runs_a_row;
        first_begin_ = k0 - run * run_;
        count_ = k1 - k0;
    }

    // Where the row of an output pixel would begin if the whole kernel lay on the map.
    const float* pixel(long pixel) const {
        const long row = pixel / shape_.out_w;
        return start(row / shape_.out_h, static_cast<int>(row % shape_.out_h), static_cast<int>(pixel % shape_.out_w)) +
               (static_cast<ptrdiff_t>(first_row_) * shape_.dilation_h * shape_.in_w + static_cast<ptrdiff_t>(first_column_) * shape_.dilation_w) * shape_.in_c +
               first_begin_;
    }

    // Whether output pixels [pixel, pixel + count) see the map only, at one distance from one to the next.
    bool inside(long pixel, int count) const {
        if (dense_) return true;
        const int ow = static_cast<int>(pixel % shape_.out_w);
        const int ih = static_cast<int>(pixel / shape_.out_w % shape_.out_h) * shape_.stride_h - shape_.pad_h;
        return ow + count <= shape_.out_w && ih >= 0 && ih + (shape_.kernel_h - 1) * shape_.dilation_h < shape_.in_h &&
               ow * shape_.stride_w - shape_.pad_w >= 0 &&
               (ow + count - 1) * shape_.stride_w - shape_.pad_w + (shape_.kernel_w - 1) * shape_.dilation_w < shape_.in_w;
    }

    // The runs of the whole kernel: length, number, and floats from the end of one to the beginning of the next.
    int run() const { return run_; }
    int runs() const { return shape_.kernel_h * (joined_ ? 1 : shape_.kernel_w); }
    void run_steps(ptrdiff_t* to) const {
        const ptrdiff_t row_step = static_cast<ptrdiff_t>(shape_.dilation_h) * shape_.in_w * shape_.in_c;
        const ptrdiff_t column_step = static_cast<ptrdiff_t>(shape_.dilation_w) * shape_.in_c;
        const int columns = joined_ ? 1 : shape_.kernel_w;
        for (int i = 1; i < runs(); ++i) {
            *to++ = (i % columns == 0 ? row_step - (columns - 1) * column_step : column_step) - run_;
        }
    }

    // Output pixels [begin, end) into rows of `stride` numbers, the last of which fills its word.
    void rows(long begin, long end, Products::Number* to, ptrdiff_t stride) const {
        int ow = static_cast<int>(begin % shape_.out_w);
        int oh = static_cast<int>(begin / shape_.out_w % shape_.out_h);
        long image = begin / shape_.out_w / shape_.out_h;
        for (long pixel = begin; pixel < end; ++pixel, to += stride) {
            row(start(image, oh, ow), oh * shape_.stride_h - shape_.pad_h, ow * shape_.stride_w - shape_.pad_w, to);
            if (count_ % Products::kPerWord != 0) to[count_] = 0;
            if (++ow == shape_.out_w) {
                ow = 0;
                if (++oh == shape_.out_h) {
                    oh = 0;
                    ++image;
                }
            }
        }
    }

private:
    const float* start(long image, int oh, int ow) const {
        const ptrdiff_t ih = static_cast<ptrdiff_t>(oh) * shape_.stride_h - shape_.pad_h;
        const ptrdiff_t iw = static_cast<ptrdiff_t>(ow) * shape_.stride_w - shape_.pad_w;
        return x_ + ((image * shape_.in_h + ih) * shape_.in_w + iw) * shape_.in_c;
    }

    // from: the float under the kernel's first, which may lie outside the map, as may (ih, iw), its place.
    void row(const float* from, int ih, int iw, Products::Number* to) const {
        const ptrdiff_t row_step = static_cast<ptrdiff_t>(shape_.dilation_h) * shape_.in_w * shape_.in_c;
        const ptrdiff_t column_step = static_cast<ptrdiff_t>(shape_.dilation_w) * shape_.in_c;
        int left = count_;
        int begin = first_begin_;
        if (joined_) {
            const int live0 = min_of(max_of(0, -iw), shape_.kernel_w) * shape_.in_c;
            const int live1 = max_of(min_of(shape_.kernel_w, shape_.in_w - iw), 0) * shape_.in_c;
            from += first_row_ * row_step;
            ih += first_row_ * shape_.dilation_h;
            for (; left > 0; ih += shape_.dilation_h, from += row_step, begin = 0) {
                const int end = min_of(run_, begin + left);
                const bool on_map = ih >= 0 && ih < shape_.in_h;
                copy_run(from, begin, end, on_map ? live0 : 0, on_map ? live1 : 0, to);
                to += end - begin;
                left -= end - begin;
            }
            return;
        }
        int column = first_column_;
        for (int u = first_row_; left > 0; ++u, column = 0) {
            const int row = ih + u * shape_.dilation_h;
            for (; left > 0 && column < shape_.kernel_w; ++column, begin = 0) {
                const int end = min_of(run_, begin + left);
                const int at = iw + column * shape_.dilation_w;
                const bool on_map = row >= 0 && row < shape_.in_h && at >= 0 && at < shape_.in_w;
                copy_run(from + u * row_step + column * column_step, begin, end, 0, on_map ? run_ : 0, to);
                to += end - begin;
                left -= end - begin;
            }
        }
    }

    // Floats [begin, end) of a run of which [live0, live1) lie on the map.
    static void copy_run(const float* from, int begin, int end, int live0, int live1, Products::Number* to) {
        if (live0 <= begin && end <= live1) return copy_floats(to, from + begin, end - begin);
        live0 = min_of(max_of(live0, begin), end);
        live1 = max_of(min_of(live1, end), live0);
        if (live0 > begin) zero_floats(to, live0 - begin);
        if (live1 > live0) copy_floats(to + (live0 - begin), from + live0, live1 - live0);
        if (end > live1) zero_floats(to + (live1 - begin), end - live1);
    }

    const conv2d_internal::Shape& shape_;
    const float* x_;
    bool joined_;
    bool dense_;
    int run_;
    int first_row_, first_column_, first_begin_, count_;
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_GATHER_H_
