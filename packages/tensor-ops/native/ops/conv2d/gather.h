// Copies what some output pixels see into rows of the reduction's order: row (tap row), column (tap column), input channel. Included after
// a lanes_*.h.
#ifndef ICCONV_OPS_CONV2D_GATHER_H_
#define ICCONV_OPS_CONV2D_GATHER_H_

#include <cstddef>

#include "ops/conv2d/job.h"

namespace icconv {
namespace {

inline int min_of(int a, int b) { return a < b ? a : b; }
inline int max_of(int a, int b) { return a > b ? a : b; }

// Both write whole vectors: up to kCount - 1 floats past the end, which the caller leaves room for.
inline void copy_floats(float* to, const float* from, int n) {
    int i = 0;
    for (; i + Lanes::kCount <= n; i += Lanes::kCount) Lanes::store(to + i, Lanes::load(from + i));
    if (i < n) Lanes::store(to + i, Lanes::load_first(from + i, n - i));
}
inline void zero_floats(float* to, int n) {
    for (int i = 0; i < n; i += Lanes::kCount) Lanes::store(to + i, Lanes::zero());
}

class Gather {
public:
    // Reduction indices [k0, k1) of one block of channels.
    Gather(const conv2d_internal::Job& job, int block, int k0, int k1)
        : shape_(job.shape), x_(job.x + static_cast<ptrdiff_t>(block) * job.shape.block_in), k0_(k0), k1_(k1) {
        // Columns of the kernel next to one another in memory are one run of floats.
        joined_ = shape_.dilation_w == 1 && shape_.blocks == 1;
        run_ = joined_ ? shape_.kernel_w * shape_.block_in : shape_.block_in;
    }

    // Output pixels [begin, end) into rows of `stride` floats.
    void rows(long begin, long end, float* to, ptrdiff_t stride) const {
        int ow = static_cast<int>(begin % shape_.out_w);
        int oh = static_cast<int>(begin / shape_.out_w % shape_.out_h);
        long image = begin / shape_.out_w / shape_.out_h;
        for (long pixel = begin; pixel < end; ++pixel, to += stride) {
            row(x_ + image * shape_.in_h * shape_.in_w * shape_.in_c, oh * shape_.stride_h - shape_.pad_h,
                ow * shape_.stride_w - shape_.pad_w, to);
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
    void row(const float* image, int ih0, int iw0, float* to) const {
        const int runs_a_row = joined_ ? 1 : shape_.kernel_w;
        for (int run = k0_ / run_; run * run_ < k1_; ++run) {
            const int begin = max_of(k0_ - run * run_, 0);
            const int end = min_of(k1_ - run * run_, run_);
            const int ih = ih0 + run / runs_a_row * shape_.dilation_h;
            const int iw = iw0 + run % runs_a_row * shape_.dilation_w;
            // Floats of this run that lie on the map.
            int live0 = 0;
            int live1 = run_;
            if (ih < 0 || ih >= shape_.in_h) {
                live1 = 0;
            } else if (joined_) {
                live0 = max_of(0, -iw) * shape_.block_in;
                live1 = min_of(shape_.kernel_w, shape_.in_w - iw) * shape_.block_in;
            } else if (iw < 0 || iw >= shape_.in_w) {
                live1 = 0;
            }
            live0 = min_of(max_of(live0, begin), end);
            live1 = max_of(min_of(live1, end), live0);
            if (live0 > begin) zero_floats(to, live0 - begin);
            if (live1 > live0) {
                copy_floats(to + (live0 - begin),
                            image + (static_cast<ptrdiff_t>(ih) * shape_.in_w + iw) * shape_.in_c + live0, live1 - live0);
            }
            if (end > live1) zero_floats(to + (live1 - begin), end - live1);
            to += end - begin;
        }
    }

    const conv2d_internal::Shape& shape_;
    const float* x_;
    int k0_, k1_;
    bool joined_;
    int run_;
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_GATHER_H_
