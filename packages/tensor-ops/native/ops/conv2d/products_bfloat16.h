// Products of bfloat16, summed as float32: a word of weights or inputs is two numbers, neighbours in the reduction. Inputs are rounded, to the
// nearest and to even, where they are laid out for the register tile. Included after lanes_avx512.h, by files compiled for AVX512-BF16.
#ifndef ICCONV_OPS_CONV2D_PRODUCTS_BFLOAT16_H_
#define ICCONV_OPS_CONV2D_PRODUCTS_BFLOAT16_H_

#include <cstdint>

namespace icconv {
namespace {

struct Products {
    using Number = uint16_t;
    static constexpr int kPerWord = 2;

    static void add_to(Lanes::Vector& sums, Lanes::Vector weights, Lanes::Vector inputs) {
        sums = _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(weights), reinterpret_cast<__m512bh>(inputs));
    }
    static void store(Number* to, Lanes::Vector a) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(a)));
    }
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_PRODUCTS_BFLOAT16_H_
