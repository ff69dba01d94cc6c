// Eight float lanes in an AVX register.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_LANES_AVX2_H_
#define ICCONV_OPS_INCEPTION_CONV2D_LANES_AVX2_H_

#include <immintrin.h>

namespace icconv {
namespace {

struct Lanes {
    using Vector = __m256;
    using Mask = __m256i;
    static constexpr int kCount = 8;
    // As in lanes_avx512.h, for 16 registers.
    static constexpr int kWidePixels[2] = {12, 6};
    static constexpr int kNarrowVectors[5] = {12, 6, 4, 3, 2};
    static constexpr int kSweepVectors = 11;
    static constexpr int kFilterVectors[6] = {8, 4, 4, 2, 2, 2};

    static Vector zero() { return _mm256_setzero_ps(); }
    static Vector set1(float a) { return _mm256_set1_ps(a); }
    static Vector load(const float* p) { return _mm256_load_ps(p); }
    static Vector loadu(const float* p) { return _mm256_loadu_ps(p); }
    static void store(float* p, Vector a) { _mm256_store_ps(p, a); }
    static void storeu(float* p, Vector a) { _mm256_storeu_ps(p, a); }
    static Vector fmadd(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
    static Vector add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
    static Vector relu(Vector a) { return _mm256_max_ps(_mm256_setzero_ps(), a); }

    static Mask mask(unsigned bits) {
        const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits)), lane), lane);
    }
    static Vector load_masked(const float* p, Mask m) { return _mm256_maskload_ps(p, m); }
    static void store_masked(float* p, Mask m, Vector a) { _mm256_maskstore_ps(p, m, a); }

    // Keeps a loaded value in its register: compilers would rather load it anew as the operand of each of two or three uses, and
    // the load ports are what limits the narrowest tiles.
    static void pin(Vector& a) { asm("" : "+x"(a)); }

    static void transpose(Vector* v) {
        Vector t[8];
        for (int i = 0; i < 8; i += 4) {
            const Vector a = _mm256_unpacklo_ps(v[i], v[i + 1]);
            const Vector b = _mm256_unpackhi_ps(v[i], v[i + 1]);
            const Vector c = _mm256_unpacklo_ps(v[i + 2], v[i + 3]);
            const Vector d = _mm256_unpackhi_ps(v[i + 2], v[i + 3]);
            t[i] = _mm256_shuffle_ps(a, c, 0x44);
            t[i + 1] = _mm256_shuffle_ps(a, c, 0xee);
            t[i + 2] = _mm256_shuffle_ps(b, d, 0x44);
            t[i + 3] = _mm256_shuffle_ps(b, d, 0xee);
        }
        for (int i = 0; i < 4; ++i) {
            v[i] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
            v[i + 4] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
        }
    }
};

constexpr int Lanes::kWidePixels[2];
constexpr int Lanes::kNarrowVectors[5];
constexpr int Lanes::kFilterVectors[6];

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_LANES_AVX2_H_
