// The filter's side of Winograd's F(4x4, 3x3): G g G', when it is packed.
#ifndef ICCONV_OPS_CONV2D_WINOGRAD_FILTER_H_
#define ICCONV_OPS_CONV2D_WINOGRAD_FILTER_H_

#include <cstddef>

#include "ops/conv2d/job.h"

namespace icconv {
namespace conv2d_internal {

// One axis of G g, for the points 0, 1, -1, 2, -2 and infinity.
inline void winograd_filter_axis(double a, double b, double c, double (&to)[kWinogradIn]) {
    const double even = (a + c) * (1.0 / 6);
    const double odd = b * (1.0 / 6);
    const double even2 = a * (1.0 / 24) + c * (1.0 / 6);
    const double odd2 = b * (1.0 / 12);
    to[0] = a * (1.0 / 4);
    to[1] = -even - odd;
    to[2] = odd - even;
    to[3] = even2 + odd2;
    to[4] = even2 - odd2;
    to[5] = c;
}

// The 36 points of `kernels` 3x3 kernels, whose taps and results lie next to one another; points are `plane` floats apart.
template <int kernels>
inline void winograd_filter(const double (&taps)[9][kernels], float* to, size_t plane) {
    double half[kWinogradIn][3][kernels];
    for (int v = 0; v < 3; ++v) {
        for (int n = 0; n < kernels; ++n) {
            double points[kWinogradIn];
            winograd_filter_axis(taps[v][n], taps[3 + v][n], taps[6 + v][n], points);
            for (int r = 0; r < kWinogradIn; ++r) half[r][v][n] = points[r];
        }
    }
    for (int r = 0; r < kWinogradIn; ++r, to += kWinogradIn * plane) {
        for (int n = 0; n < kernels; ++n) {
            double points[kWinogradIn];
            winograd_filter_axis(half[r][0][n], half[r][1][n], half[r][2][n], points);
            for (int k = 0; k < kWinogradIn; ++k) to[k * plane + n] = static_cast<float>(points[k]);
        }
    }
}

}  // namespace conv2d_internal
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_WINOGRAD_FILTER_H_
