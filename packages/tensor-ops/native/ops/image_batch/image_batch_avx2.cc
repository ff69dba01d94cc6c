#include <immintrin.h>

#include <cstring>

#include "ops/image_batch/image_batch_kernels.h"

namespace icconv::image_batch_detail {
namespace {

inline __m128i load_pixel(const uint8_t* pixel) {
    int32_t bytes;
    std::memcpy(&bytes, pixel, sizeof(bytes));
    return _mm_cvtsi32_si128(bytes);
}

// Two pixels, the fourth lane of each is the next byte and of no use.
inline __m256 load_two(const uint8_t* a, const uint8_t* b) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_unpacklo_epi32(load_pixel(a), load_pixel(b))));
}

void horizontal(const uint8_t* source, const LinearTaps& taps, const float* scale, const float* bias, float* row) {
    const __m256 scales = _mm256_setr_ps(scale[0], scale[1], scale[2], 0, scale[0], scale[1], scale[2], 0);
    const __m256 biases = _mm256_setr_ps(bias[0], bias[1], bias[2], 0, bias[0], bias[1], bias[2], 0);
    int64_t x = 0;
    for (; x + 2 <= taps.count; x += 2) {
        const __m256 a = load_two(source + 3 * int64_t{taps.first[x]}, source + 3 * int64_t{taps.first[x + 1]});
        const __m256 b = load_two(source + 3 * int64_t{taps.second[x]}, source + 3 * int64_t{taps.second[x + 1]});
        const __m256 weights = _mm256_set_m128(_mm_set1_ps(taps.weight[x + 1]), _mm_set1_ps(taps.weight[x]));
        const __m256 value = _mm256_fmadd_ps(_mm256_fmadd_ps(weights, _mm256_sub_ps(b, a), a), scales, biases);
        // Each store's fourth lane is overwritten by the next one.
        _mm_storeu_ps(row + 3 * x, _mm256_castps256_ps128(value));
        _mm_storeu_ps(row + 3 * x + 3, _mm256_extractf128_ps(value, 1));
    }
    for (; x < taps.count; ++x) {
        for (int c = 0; c < 3; ++c) {
            const float a = source[3 * int64_t{taps.first[x]} + c];
            const float b = source[3 * int64_t{taps.second[x]} + c];
            row[3 * x + c] = (a + taps.weight[x] * (b - a)) * scale[c] + bias[c];
        }
    }
}

void vertical(const float* a, const float* b, float weight, int64_t count, float* out) {
    const __m256 weights = _mm256_set1_ps(weight);
    int64_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const __m256 a0 = _mm256_loadu_ps(a + i);
        const __m256 a1 = _mm256_loadu_ps(a + i + 8);
        _mm256_storeu_ps(out + i, _mm256_fmadd_ps(weights, _mm256_sub_ps(_mm256_loadu_ps(b + i), a0), a0));
        _mm256_storeu_ps(out + i + 8, _mm256_fmadd_ps(weights, _mm256_sub_ps(_mm256_loadu_ps(b + i + 8), a1), a1));
    }
    for (; i < count; ++i) out[i] = a[i] + weight * (b[i] - a[i]);
}

}  // namespace

Kernels avx2_kernels() { return {horizontal, vertical}; }

}  // namespace icconv::image_batch_detail
