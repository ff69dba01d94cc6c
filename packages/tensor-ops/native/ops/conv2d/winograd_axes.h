// Winograd's F(4x4, 3x3) along one axis, in vectors: what plain and inception convolutions share. Source: Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2015, arXiv 1509.09308, section 4.3. Included after a lanes_*.h.
#ifndef ICCONV_OPS_CONV2D_WINOGRAD_AXES_H_
#define ICCONV_OPS_CONV2D_WINOGRAD_AXES_H_

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

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_WINOGRAD_AXES_H_
