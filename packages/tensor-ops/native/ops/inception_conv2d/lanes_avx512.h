// Sixteen float lanes in an AVX-512 register.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_LANES_AVX512_H_
#define ICCONV_OPS_INCEPTION_CONV2D_LANES_AVX512_H_

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
    using Mask = __mmask16;
    static constexpr int kCount = 16;
    // Register tiles, by what fits 32 registers: pixels of a wide tile of 1 and 2 vectors, vectors of a narrow tile of 1 to 5 channels.
    static constexpr int kWidePixels[2] = {28, 14};
    static constexpr int kNarrowVectors[5] = {14, 12, 9, 6, 5};
    static constexpr int kSweepVectors = 20;
    static constexpr int kFilterVectors[6] = {8, 8, 8, 6, 5, 4};

    static Vector zero() { return _mm512_setzero_ps(); }
    static Vector set1(float a) { return _mm512_set1_ps(a); }
    static Vector load(const float* p) { return _mm512_load_ps(p); }
    static Vector loadu(const float* p) { return _mm512_loadu_ps(p); }
    static void store(float* p, Vector a) { _mm512_store_ps(p, a); }
    static void storeu(float* p, Vector a) { _mm512_storeu_ps(p, a); }
    static Vector fmadd(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
    static Vector add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
    // NaN stays NaN: the second operand is returned where either is NaN.
    static Vector relu(Vector a) { return _mm512_max_ps(_mm512_setzero_ps(), a); }

    static Mask mask(unsigned bits) { return static_cast<Mask>(bits); }
    static Vector load_masked(const float* p, Mask m) { return _mm512_maskz_loadu_ps(m, p); }
    static void store_masked(float* p, Mask m, Vector a) { _mm512_mask_storeu_ps(p, m, a); }

    // Keeps a loaded value in its register: compilers would rather load it anew as the operand of each of two or three uses, and
    // the load ports are what limits the narrowest tiles.
    static void pin(Vector& a) { asm("" : "+v"(a)); }

    static void transpose(Vector* v) {
        Vector t[16];
        for (int i = 0; i < 16; i += 4) {
            const Vector a = _mm512_unpacklo_ps(v[i], v[i + 1]);
            const Vector b = _mm512_unpackhi_ps(v[i], v[i + 1]);
            const Vector c = _mm512_unpacklo_ps(v[i + 2], v[i + 3]);
            const Vector d = _mm512_unpackhi_ps(v[i + 2], v[i + 3]);
            t[i] = _mm512_shuffle_ps(a, c, 0x44);
            t[i + 1] = _mm512_shuffle_ps(a, c, 0xee);
            t[i + 2] = _mm512_shuffle_ps(b, d, 0x44);
            t[i + 3] = _mm512_shuffle_ps(b, d, 0xee);
        }
        for (int i = 0; i < 4; ++i) {
            const Vector a = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x88);
            const Vector b = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xdd);
            const Vector c = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x88);
            const Vector d = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xdd);
            v[i] = _mm512_shuffle_f32x4(a, c, 0x88);
            v[i + 4] = _mm512_shuffle_f32x4(b, d, 0x88);
            v[i + 8] = _mm512_shuffle_f32x4(a, c, 0xdd);
            v[i + 12] = _mm512_shuffle_f32x4(b, d, 0xdd);
        }
    }
};

constexpr int Lanes::kWidePixels[2];
constexpr int Lanes::kNarrowVectors[5];
constexpr int Lanes::kFilterVectors[6];

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_LANES_AVX512_H_
