// The filter's side of Winograd's F(4x4, 3x3): G g G', once when it is packed.
#ifndef ICCONV_OPS_CONV2D_WINOGRAD_FILTER_H_
#define ICCONV_OPS_CONV2D_WINOGRAD_FILTER_H_

#include <cstddef>

#include "ops/conv2d/job.h"

namespace icconv {
namespace conv2d_internal {

// The 36 points of N kernels side by side, `plane` floats apart.
template <int N>
inline void winograd_filter(const double (&taps)[3][3][N], float* to, size_t plane) {
    // Rows of G for the points 0, 1, -1, 2, -2 and infinity.
    static constexpr double kG[kWinogradIn][3] = {{1.0 / 4, 0, 0},
                                                  {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                                  {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                                  {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                                  {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                                  {0, 0, 1}};
    double half[kWinogradIn][3][N];
    for (int r = 0; r < kWinogradIn; ++r) {
        for (int v = 0; v < 3; ++v) {
            for (int n = 0; n < N; ++n) half[r][v][n] = kG[r][0] * taps[0][v][n] + kG[r][1] * taps[1][v][n] + kG[r][2] * taps[2][v][n];
        }
    }
    for (int point = 0; point < kWinogradPoints; ++point) {
        const double(&row)[3][N] = half[point / kWinogradIn];
        const double* const g = kG[point % kWinogradIn];
        float* const out = to + point * plane;
        for (int n = 0; n < N; ++n) out[n] = static_cast<float>(g[0] * row[0][n] + g[1] * row[1][n] + g[2] * row[2][n]);
    }
}

}  // namespace conv2d_internal
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_WINOGRAD_FILTER_H_
