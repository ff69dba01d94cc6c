// The filter's side of Winograd's F(4x4, 3x3): G g G', once when it is packed.
#ifndef ICCONV_OPS_CONV2D_WINOGRAD_FILTER_H_
#define ICCONV_OPS_CONV2D_WINOGRAD_FILTER_H_

#include <cstddef>

#include "ops/conv2d/job.h"

namespace icconv {
namespace conv2d_internal {

// The 36 points of one kernel, `plane` floats apart.
inline void winograd_filter(const double (&taps)[3][3], float* to, size_t plane) {
    // Rows of G for the points 0, 1, -1, 2, -2 and infinity.
    static constexpr double kG[kWinogradIn][3] = {{1.0 / 4, 0, 0},
                                                  {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                                  {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                                  {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                                  {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                                  {0, 0, 1}};
    double half[kWinogradIn][3];
    for (int r = 0; r < kWinogradIn; ++r) {
        for (int v = 0; v < 3; ++v) half[r][v] = kG[r][0] * taps[0][v] + kG[r][1] * taps[1][v] + kG[r][2] * taps[2][v];
    }
    for (int point = 0; point < kWinogradPoints; ++point) {
        const double* const row = half[point / kWinogradIn];
        const double* const g = kG[point % kWinogradIn];
        to[point * plane] = static_cast<float>(g[0] * row[0] + g[1] * row[1] + g[2] * row[2]);
    }
}

}  // namespace conv2d_internal
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_WINOGRAD_FILTER_H_
