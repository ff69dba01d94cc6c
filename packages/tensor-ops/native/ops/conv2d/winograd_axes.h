// Winograd's F(4x4, 3x3) in vectors, by axis and by tile: what plain and inception convolutions share. Source: Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2015, arXiv 1509.09308, section 4.3. Included after a lanes_*.h.
#ifndef ICCONV_OPS_CONV2D_WINOGRAD_AXES_H_
#define ICCONV_OPS_CONV2D_WINOGRAD_AXES_H_

#include "ops/conv2d/register_tile.h"

namespace icconv {
namespace {

// One axis of B' d: 6 in, 6 out, `step` apart.
inline void winograd_input_axis(const Lanes::Vector* d, int step, Lanes::Vector* to, int to_step) {
    using V = Lanes::Vector;
    const V four = Lanes::set1(4);
    const V minus_four = Lanes::set1(-4);
    const V minus_five = Lanes::set1(-5);
    const V two = Lanes::set1(2);
    const V d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
    to[0] = Lanes::fmadd(four, d[0], Lanes::fmadd(minus_five, d2, d4));
    const V a = Lanes::fmadd(minus_four, d2, d4);
    const V b = Lanes::fmadd(minus_four, d1, d3);
    to[to_step] = Lanes::add(a, b);
    to[2 * to_step] = Lanes::sub(a, b);
    const V c = Lanes::sub(d4, d2);
    const V e = Lanes::mul(two, Lanes::sub(d3, d1));
    to[3 * to_step] = Lanes::add(c, e);
    to[4 * to_step] = Lanes::sub(c, e);
    to[5 * to_step] = Lanes::fmadd(four, d1, Lanes::fmadd(minus_five, d3, d[5 * step]));
}

// One axis of A' m: 6 in, 4 out.
inline void winograd_output_axis(const Lanes::Vector* m, int step, Lanes::Vector* to, int to_step) {
    using V = Lanes::Vector;
    const V a = Lanes::add(m[step], m[2 * step]);
    const V b = Lanes::sub(m[step], m[2 * step]);
    const V c = Lanes::add(m[3 * step], m[4 * step]);
    const V e = Lanes::sub(m[3 * step], m[4 * step]);
    to[0] = Lanes::add(m[0], Lanes::add(a, c));
    to[to_step] = Lanes::fmadd(Lanes::set1(2), e, b);
    to[2 * to_step] = Lanes::fmadd(Lanes::set1(4), c, a);
    to[3 * to_step] = Lanes::add(Lanes::fmadd(Lanes::set1(8), e, b), m[5 * step]);
}

// What is multiplied after the channels before `channel` of a point: `step` channels after them, or of the next point. `weights` are the panels of the
// first point; those of the next lie `point_stride` on.
inline ComingWeights coming_winograd_weights(const float* weights, ptrdiff_t point_stride, int panels, int channels, int point, int channel, int step,
                                             int tiles) {
    if (channel >= channels) {
        channel = 0;
        ++point;
    }
    if (point == conv2d_internal::kWinogradPoints) return {};
    const ptrdiff_t panel_stride = static_cast<ptrdiff_t>(channels) * kPanel;
    const int left = channels - channel;
    return {weights + point * point_stride + static_cast<ptrdiff_t>(channel) * kPanel, panel_stride, panels, left < step ? left : step, tiles};
}

// B' d B of one tile, for `left` channels from `channel` on but no more than a vector's: from[36] are the tile's inputs, row by row; the results
// lie `plane` apart.
inline void winograd_input_tile(const float* const* from, ptrdiff_t channel, int left, float* to, ptrdiff_t plane) {
    using conv2d_internal::kWinogradIn;
    Lanes::Vector half[conv2d_internal::kWinogradPoints];
    ICCONV_UNROLL
    for (int column = 0; column < kWinogradIn; ++column) {
        Lanes::Vector d[kWinogradIn];
        ICCONV_UNROLL
        for (int r = 0; r < kWinogradIn; ++r) {
            const float* p = from[r * kWinogradIn + column] + channel;
            d[r] = left >= Lanes::kCount ? Lanes::load(p) : Lanes::load_first(p, left);
        }
        winograd_input_axis(d, 1, half + column, kWinogradIn);
    }
    ICCONV_UNROLL
    for (int r = 0; r < kWinogradIn; ++r) {
        Lanes::Vector v[kWinogradIn];
        winograd_input_axis(half + r * kWinogradIn, 1, v, 1);
        ICCONV_UNROLL
        for (int column = 0; column < kWinogradIn; ++column) Lanes::store(to + (r * kWinogradIn + column) * plane, v[column]);
    }
}

// A' m of one tile, whose 36 points lie `plane` apart, to half[4][6]; a row of it gives a row of outputs by winograd_output_axis().
inline void winograd_output_half(const float* from, ptrdiff_t plane, Lanes::Vector* half) {
    using conv2d_internal::kWinogradIn;
    ICCONV_UNROLL
    for (int column = 0; column < kWinogradIn; ++column) {
        Lanes::Vector m[kWinogradIn];
        ICCONV_UNROLL
        for (int r = 0; r < kWinogradIn; ++r) m[r] = Lanes::load(from + (r * kWinogradIn + column) * plane);
        winograd_output_axis(m, 1, half + column, kWinogradIn);
    }
}

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_WINOGRAD_AXES_H_
