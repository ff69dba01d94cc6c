// Four float lanes in plain C++; compilers turn them into SSE2 or NEON.
#ifndef ICCONV_OPS_CONV2D_LANES_PORTABLE_H_
#define ICCONV_OPS_CONV2D_LANES_PORTABLE_H_

#include <cstring>

namespace icconv {
namespace {

struct Lanes {
    typedef float Vector __attribute__((vector_size(16)));
    static constexpr int kCount = 4;
    // As in lanes_avx512.h: 8 sums, 4 weights and an input of 16 registers.
    static constexpr int kTilePixels = 2;
    static constexpr int kTilePanels = 1;
    // As in lanes_avx512.h.
    static constexpr int kReductionStep = 320;
    static constexpr int kTaskPanels = 32;
    static constexpr long kCacheFloats = 640 * 1024 / 4;
    static constexpr long kLeastWinogradTiles = 16;
    static constexpr bool kFetchesWeights = false;

    static Vector zero() { return Vector{0, 0, 0, 0}; }
    static Vector set1(float a) { return Vector{a, a, a, a}; }
    static Vector load(const float* p) {
        Vector v;
        std::memcpy(&v, p, sizeof(v));
        return v;
    }
    static void store(float* p, Vector a) { std::memcpy(p, &a, sizeof(a)); }
    static void stream(float* p, Vector a) { store(p, a); }
    static void finish_streams() {}
    static Vector load_first(const float* p, int n) {
        Vector v = zero();
        for (int i = 0; i < n; ++i) v[i] = p[i];
        return v;
    }
    static void store_first(float* p, int n, Vector a) {
        for (int i = 0; i < n; ++i) p[i] = a[i];
    }
    static Vector fmadd(Vector a, Vector b, Vector c) { return a * b + c; }
    static void fmadd_to(Vector& c, Vector a, Vector b) { c = fmadd(a, b, c); }
    static Vector add(Vector a, Vector b) { return a + b; }
    static Vector sub(Vector a, Vector b) { return a - b; }
    static Vector mul(Vector a, Vector b) { return a * b; }
    static Vector abs(Vector a) {
        for (int i = 0; i < kCount; ++i) a[i] = __builtin_fabsf(a[i]);
        return a;
    }
    static Vector relu(Vector a) {
        for (int i = 0; i < kCount; ++i) a[i] = a[i] < 0 ? 0 : a[i];
        return a;
    }
    static void pin(Vector&) {}
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_LANES_PORTABLE_H_
