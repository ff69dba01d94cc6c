// Sixteen float lanes.
#ifndef ICCONV_OPS_CONV2D_LANES_AVX512_H_
#define ICCONV_OPS_CONV2D_LANES_AVX512_H_

// GCC 12's own intrinsics begin with a deliberately undefined register, of which it then warns.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

namespace icconv {
namespace {

struct Lanes {
    using Vector = __m512;
    static constexpr int kCount = 16;
    // Register tile: 14 pixels by 2 panels are 28 sums, 2 weights and an input of 32 registers.
    static constexpr int kTilePixels = 14;
    static constexpr int kTilePanels = 2;
    // A tile's inputs fill two thirds of a level-1 cache of 32 KiB, a step's weights of a task's panels two thirds of a level-2 cache of 1 MiB.
    static constexpr int kReductionStep = 320;
    static constexpr int kTaskPanels = 32;
    static constexpr long kCacheFloats = 640 * 1024 / 4;
    static constexpr long kLeastWinogradTiles = 16;
    static constexpr bool kFetchesWeights = false;

    static Vector zero() { return _mm512_setzero_ps(); }
    static Vector set1(float a) { return _mm512_set1_ps(a); }
    static Vector load(const float* p) { return _mm512_loadu_ps(p); }
    static void store(float* p, Vector a) { _mm512_storeu_ps(p, a); }
    // Stores past the caches; finish_streams() comes before another thread may read.
    static void stream(float* p, Vector a) { _mm512_stream_ps(p, a); }
    static void finish_streams() { _mm_sfence(); }
    // The first n lanes, 0 <= n <= kCount; the others are zero, or stay.
    static Vector load_first(const float* p, int n) { return _mm512_maskz_loadu_ps(first(n), p); }
    static void store_first(float* p, int n, Vector a) { _mm512_mask_storeu_ps(p, first(n), a); }
    // The first n lanes to p[at[0]], p[at[1]], ...
    static void scatter_first(float* p, const int* at, int n, Vector a) {
        _mm512_mask_i32scatter_ps(p, first(n), _mm512_maskz_loadu_epi32(first(n), at), a, sizeof(float));
    }
    static Vector fmadd(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
    static void fmadd_to(Vector& c, Vector a, Vector b) { c = fmadd(a, b, c); }
    static Vector add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
    static Vector sub(Vector a, Vector b) { return _mm512_sub_ps(a, b); }
    static Vector mul(Vector a, Vector b) { return _mm512_mul_ps(a, b); }
    static Vector abs(Vector a) { return _mm512_abs_ps(a); }
    // NaN stays NaN: the second operand is returned where either is NaN.
    static Vector relu(Vector a) { return _mm512_max_ps(_mm512_setzero_ps(), a); }
    // Keeps a broadcast in a register, where the compiler would load it again for each use.
    static void pin(Vector& a) { asm("" : "+v"(a)); }

private:
    static __mmask16 first(int n) { return static_cast<__mmask16>((1u << n) - 1); }
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_LANES_AVX512_H_
