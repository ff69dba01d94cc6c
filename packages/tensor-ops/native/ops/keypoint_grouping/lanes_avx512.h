// Sixteen float lanes; as lanes_portable.h.
#ifndef ICCONV_OPS_KEYPOINT_GROUPING_LANES_AVX512_H_
#define ICCONV_OPS_KEYPOINT_GROUPING_LANES_AVX512_H_

// GCC 12's own intrinsics begin with a deliberately undefined register, of which it then warns.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#include <cstdint>

namespace icconv {
namespace {

struct Lanes {
    using Vector = __m512;
    static constexpr int kCount = 16;

    static Vector set1(float a) { return _mm512_set1_ps(a); }
    static Vector load(const float* p) { return _mm512_loadu_ps(p); }
    static Vector load_first(const float* p, int n) { return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1), p); }
    static void store(float* p, Vector a) { _mm512_storeu_ps(p, a); }
    static Vector add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
    static Vector sub(Vector a, Vector b) { return _mm512_sub_ps(a, b); }
    static Vector mul(Vector a, Vector b) { return _mm512_mul_ps(a, b); }
    static Vector min(Vector a, Vector b) { return _mm512_min_ps(a, b); }
    static Vector max(Vector a, Vector b) { return _mm512_max_ps(a, b); }
    static Vector sqrt(Vector a) { return _mm512_sqrt_ps(a); }
    static Vector round(Vector a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
    static uint32_t greater(Vector a, Vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
    static uint32_t at_least(Vector a, Vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_KEYPOINT_GROUPING_LANES_AVX512_H_
