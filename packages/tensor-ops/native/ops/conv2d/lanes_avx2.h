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
    // A step's weights of a task's panels are half of a level-2 cache of 512 KiB, as AMD's have before Zen 4; a tile's inputs a third of the level-1 cache.
    static constexpr int kReductionStep = 512;
    static constexpr int kTaskPanels = 8;
    static constexpr long kCacheFloats = 384 * 1024 / 4;
    static constexpr long kLeastWinogradTiles = 9;
    // Measured: it gains there, with a smaller level-2 cache; beyond, it has not been tried.
    static constexpr bool kFetchesWeights = true;

    static Vector zero() { return _mm256_setzero_ps(); }
    static Vector set1(float a) { return _mm256_set1_ps(a); }
    static Vector load(const float* p) { return _mm256_loadu_ps(p); }
    static void store(float* p, Vector a) { _mm256_storeu_ps(p, a); }
    static void stream(float* p, Vector a) { _mm256_stream_ps(p, a); }
    static void finish_streams() { _mm_sfence(); }
    static Vector load_first(const float* p, int n) { return _mm256_maskload_ps(p, first(n)); }
    static void store_first(float* p, int n, Vector a) { _mm256_maskstore_ps(p, first(n), a); }
    static Vector fmadd(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
    // c += a * b, as written and where it stands: compilers that may order and rewrite the products of a register tile run out of registers.
    static void fmadd_to(Vector& c, Vector a, Vector b) { asm volatile("vfmadd231ps %2, %1, %0" : "+x"(c) : "x"(a), "x"(b)); }
    static Vector add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
    static Vector sub(Vector a, Vector b) { return _mm256_sub_ps(a, b); }
    static Vector mul(Vector a, Vector b) { return _mm256_mul_ps(a, b); }
    static Vector abs(Vector a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
    static Vector relu(Vector a) { return _mm256_max_ps(_mm256_setzero_ps(), a); }
    // Volatile: in order with the above.
    static void pin(Vector& a) { asm volatile("" : "+x"(a)); }

private:
    static __m256i first(int n) { return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_LANES_AVX2_H_
