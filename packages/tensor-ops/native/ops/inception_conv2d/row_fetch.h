// Asks for rows of a map bit by bit, between tiles, so that they are near when packing or storing comes to them.
//
// Packing walks through one pixel per lane and storing does, too: sixteen places at a time, which no hardware prefetcher follows
// when the map lies in main memory. Worth about 1 % of the time of a layer on large maps.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_ROW_FETCH_H_
#define ICCONV_OPS_INCEPTION_CONV2D_ROW_FETCH_H_

#include <cstddef>

#include "ops/inception_conv2d/job.h"

namespace icconv {
namespace {

template <bool kForWriting>
class RowFetch {
public:
    // `pixels` pixels from `first` on, `stride` floats apart, `channels` floats of each; done after about `steps` steps.
    void begin(const float* first, int pixels, ptrdiff_t stride, int channels, int steps) {
        at_ = first;
        left_ = pixels;
        stride_ = stride;
        channels_ = channels;
        pixels_per_step_ = steps > 0 ? (pixels + steps - 1) / steps : pixels;
    }
    void step() {
        for (int n = pixels_per_step_; n > 0 && left_ > 0; --n, --left_, at_ += stride_) {
            for (int c = 0; c < channels_; c += kChannelRun) __builtin_prefetch(at_ + c, kForWriting, 2);
        }
    }

private:
    const float* at_ = nullptr;
    int left_ = 0, channels_ = 0, pixels_per_step_ = 0;
    ptrdiff_t stride_ = 0;
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_ROW_FETCH_H_
