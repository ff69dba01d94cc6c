// Eight float lanes; as lanes_portable.h.
#ifndef ICCONV_OPS_KEYPOINT_GROUPING_LANES_AVX2_H_
#define ICCONV_OPS_KEYPOINT_GROUPING_LANES_AVX2_H_

#include <immintrin.h>

#include <cstdint>

namespace icconv {
namespace {

struct Lanes {
    using Vector = __m256;
    static constexpr int kCount = 8;

    static Vector set1(float a) { return _mm256_set1_ps(a); }
    static Vector load(const float* p) { return _mm256_loadu_ps(p); }
    static Vector load_first(const float* p, int n) {
        return _mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)));
    }
    static void store(float* p, Vector a) { _mm256_storeu_ps(p, a); }
    static Vector add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
    static Vector sub(Vector a, Vector b) { return _mm256_sub_ps(a, b); }
    static Vector mul(Vector a, Vector b) { return _mm256_mul_ps(a, b); }
    static Vector min(Vector a, Vector b) { return _mm256_min_ps(a, b); }
    static Vector max(Vector a, Vector b) { return _mm256_max_ps(a, b); }
    static Vector sqrt(Vector a) { return _mm256_sqrt_ps(a); }
    static Vector round(Vector a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
    static uint32_t greater(Vector a, Vector b) { return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ))); }
    static uint32_t at_least(Vector a, Vector b) { return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GE_OQ))); }
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_KEYPOINT_GROUPING_LANES_AVX2_H_
