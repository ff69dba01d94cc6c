// Eight float lanes.
#ifndef ICCONV_OPS_CONV2D_LANES_AVX2_H_
#define ICCONV_OPS_CONV2D_LANES_AVX2_H_

#include <immintrin.h>

namespace icconv {
namespace {

struct Lanes {
    using Vector = __m256;
    static constexpr int kCount = 8;
    // As in lanes_avx512.h, for 16 registers.
    static constexpr int kTilePixels = 6;
    static constexpr int kTilePanels = 1;

    static Vector zero() { return _mm256_setzero_ps(); }
    static Vector set1(float a) { return _mm256_set1_ps(a); }
    static Vector load(const float* p) { return _mm256_loadu_ps(p); }
    static void store(float* p, Vector a) { _mm256_storeu_ps(p, a); }
    static void stream(float* p, Vector a) { _mm256_stream_ps(p, a); }
    static void finish_streams() { _mm_sfence(); }
    static Vector load_first(const float* p, int n) { return _mm256_maskload_ps(p, first(n)); }
    static void store_first(float* p, int n, Vector a) { _mm256_maskstore_ps(p, first(n), a); }
    static Vector fmadd(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
    static Vector add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
    static Vector sub(Vector a, Vector b) { return _mm256_sub_ps(a, b); }
    static Vector mul(Vector a, Vector b) { return _mm256_mul_ps(a, b); }
    static Vector abs(Vector a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
    static Vector relu(Vector a) { return _mm256_max_ps(_mm256_setzero_ps(), a); }
    static void pin(Vector& a) { asm("" : "+x"(a)); }

private:
    static __m256i first(int n) { return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_LANES_AVX2_H_
