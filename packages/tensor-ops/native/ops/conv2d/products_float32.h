// Products of float32: a word of weights or inputs is one number. Included after a lanes_*.h.
#ifndef ICCONV_OPS_CONV2D_PRODUCTS_FLOAT32_H_
#define ICCONV_OPS_CONV2D_PRODUCTS_FLOAT32_H_

namespace icconv {
namespace {

struct Products {
    using Number = float;
    static constexpr int kPerWord = 1;

    static void add_to(Lanes::Vector& sums, Lanes::Vector weights, Lanes::Vector inputs) { Lanes::fmadd_to(sums, weights, inputs); }
    // A vector of floats as so many numbers.
    static void store(Number* to, Lanes::Vector a) { Lanes::store(to, a); }
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_PRODUCTS_FLOAT32_H_
