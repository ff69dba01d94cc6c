// Four float lanes in plain C++; compilers turn them into SSE2 or NEON.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_LANES_PORTABLE_H_
#define ICCONV_OPS_INCEPTION_CONV2D_LANES_PORTABLE_H_

#include <cstring>

namespace icconv {
namespace {

struct Lanes {
    typedef float Vector __attribute__((vector_size(16)));
    using Mask = unsigned;
    static constexpr int kCount = 4;
    // As in lanes_avx512.h, for 16 registers.
    static constexpr int kWidePixels[2] = {12, 6};
    static constexpr int kNarrowVectors[5] = {12, 6, 4, 3, 2};
    static constexpr int kSweepVectors = 11;
    static constexpr int kFilterVectors[6] = {8, 4, 4, 2, 2, 2};

    static Vector zero() { return Vector{0, 0, 0, 0}; }
    static Vector set1(float a) { return Vector{a, a, a, a}; }
    static Vector load(const float* p) { return loadu(p); }
    static Vector loadu(const float* p) {
        Vector v;
        std::memcpy(&v, p, sizeof(v));
        return v;
    }
    static void store(float* p, Vector a) { storeu(p, a); }
    static void storeu(float* p, Vector a) { std::memcpy(p, &a, sizeof(a)); }
    static Vector fmadd(Vector a, Vector b, Vector c) { return a * b + c; }
    static Vector add(Vector a, Vector b) { return a + b; }
    static Vector relu(Vector a) {
        for (int i = 0; i < kCount; ++i) a[i] = a[i] < 0 ? 0 : a[i];
        return a;
    }

    static Mask mask(unsigned bits) { return bits; }
    static Vector load_masked(const float* p, Mask m) {
        Vector v = zero();
        for (int i = 0; i < kCount; ++i) {
            if (m >> i & 1) v[i] = p[i];
        }
        return v;
    }
    static void store_masked(float* p, Mask m, Vector a) {
        for (int i = 0; i < kCount; ++i) {
            if (m >> i & 1) p[i] = a[i];
        }
    }

    static void pin(Vector&) {}

    static void transpose(Vector* v) {
        for (int i = 0; i < kCount; ++i) {
            for (int j = 0; j < i; ++j) {
                const float a = v[i][j];
                v[i][j] = v[j][i];
                v[j][i] = a;
            }
        }
    }
};

constexpr int Lanes::kWidePixels[2];
constexpr int Lanes::kNarrowVectors[5];
constexpr int Lanes::kFilterVectors[6];

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_LANES_PORTABLE_H_
