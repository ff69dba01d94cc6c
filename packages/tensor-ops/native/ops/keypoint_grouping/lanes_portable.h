// Four float lanes in plain C++; compilers turn them into SSE2 or NEON.
#ifndef ICCONV_OPS_KEYPOINT_GROUPING_LANES_PORTABLE_H_
#define ICCONV_OPS_KEYPOINT_GROUPING_LANES_PORTABLE_H_

#include <cmath>
#include <cstdint>
#include <cstring>

namespace icconv {
namespace {

struct Lanes {
    typedef float Vector __attribute__((vector_size(16)));
    static constexpr int kCount = 4;

    static Vector set1(float a) { return Vector{a, a, a, a}; }
    static Vector load(const float* p) {
        Vector v;
        std::memcpy(&v, p, sizeof(v));
        return v;
    }
    // The first n lanes; the others are zero.
    static Vector load_first(const float* p, int n) {
        Vector v = set1(0);
        for (int i = 0; i < n; ++i) v[i] = p[i];
        return v;
    }
    static void store(float* p, Vector a) { std::memcpy(p, &a, sizeof(a)); }
    static Vector add(Vector a, Vector b) { return a + b; }
    static Vector sub(Vector a, Vector b) { return a - b; }
    static Vector mul(Vector a, Vector b) { return a * b; }
    static Vector min(Vector a, Vector b) { return a < b ? a : b; }
    static Vector max(Vector a, Vector b) { return a > b ? a : b; }
    static Vector sqrt(Vector a) {
        for (int i = 0; i < kCount; ++i) a[i] = std::sqrt(a[i]);
        return a;
    }
    // To the nearest integer, halves to even; of numbers that are not negative.
    static Vector round(Vector a) {
        const Vector shift = set1(8388608.0f);
        return a < shift ? (a + shift) - shift : a;
    }
    // Bit i is set where lane i of a is greater than, or at least, that of b.
    static uint32_t greater(Vector a, Vector b) { return bits(a > b); }
    static uint32_t at_least(Vector a, Vector b) { return bits(a >= b); }

private:
    template <typename Mask>
    static uint32_t bits(Mask mask) {
        uint32_t result = 0;
        for (int i = 0; i < kCount; ++i) result |= mask[i] != 0 ? 1u << i : 0u;
        return result;
    }
};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_KEYPOINT_GROUPING_LANES_PORTABLE_H_
