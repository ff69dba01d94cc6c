#include <immintrin.h>

#include <algorithm>

#include "ops/roi_align/roi_align_kernels.h"

namespace icconv {
namespace {

constexpr int kLanes = 16;

// K vectors of channels at once, `mask` on the last one.
template <int K>
inline void gather_block(const RoiWindow& w, const float* origin, float* output, __mmask16 mask, bool stream) {
    __m512 sum[K];
    for (int k = 0; k < K; ++k) sum[k] = _mm512_setzero_ps();
    for (int32_t r = 0; r < w.row_count; ++r) {
        const float* row = origin + w.rows[r].index * w.row_stride;
        for (int32_t c = 0; c < w.column_count; ++c) {
            const float* pixel = row + w.columns[c].index * w.channels;
            const __m512 weight = _mm512_set1_ps(w.rows[r].weight * w.columns[c].weight);
            for (int k = 0; k < K - 1; ++k) sum[k] = _mm512_fmadd_ps(weight, _mm512_loadu_ps(pixel + k * kLanes), sum[k]);
            sum[K - 1] = _mm512_fmadd_ps(weight, _mm512_maskz_loadu_ps(mask, pixel + (K - 1) * kLanes), sum[K - 1]);
        }
    }
    if (stream) {
        for (int k = 0; k < K; ++k) _mm512_stream_ps(output + k * kLanes, sum[k]);
    } else {
        for (int k = 0; k < K - 1; ++k) _mm512_storeu_ps(output + k * kLanes, sum[k]);
        _mm512_mask_storeu_ps(output + (K - 1) * kLanes, mask, sum[K - 1]);
    }
}

template <int K>
inline void scatter_block(const RoiWindow& w, const float* grad, float* origin, __mmask16 mask) {
    __m512 g[K];
    for (int k = 0; k < K - 1; ++k) g[k] = _mm512_loadu_ps(grad + k * kLanes);
    g[K - 1] = _mm512_maskz_loadu_ps(mask, grad + (K - 1) * kLanes);
    for (int32_t r = 0; r < w.row_count; ++r) {
        float* row = origin + w.rows[r].index * w.row_stride;
        for (int32_t c = 0; c < w.column_count; ++c) {
            float* pixel = row + w.columns[c].index * w.channels;
            const __m512 weight = _mm512_set1_ps(w.rows[r].weight * w.columns[c].weight);
            for (int k = 0; k < K - 1; ++k) {
                float* p = pixel + k * kLanes;
                _mm512_storeu_ps(p, _mm512_fmadd_ps(weight, g[k], _mm512_loadu_ps(p)));
            }
            float* p = pixel + (K - 1) * kLanes;
            _mm512_mask_storeu_ps(p, mask, _mm512_fmadd_ps(weight, g[K - 1], _mm512_maskz_loadu_ps(mask, p)));
        }
    }
}

constexpr __mmask16 kAll = 0xffff;

void gather(const RoiWindow& w, const float* origin, float* output, bool stream) {
    // Streaming stores need whole, aligned vectors.
    stream = stream && w.channels % kLanes == 0 && reinterpret_cast<uintptr_t>(output) % 64 == 0;
    int64_t c = 0;
    for (; c + 16 * kLanes <= w.channels; c += 16 * kLanes) gather_block<16>(w, origin + c, output + c, kAll, stream);
    for (; c + 4 * kLanes <= w.channels; c += 4 * kLanes) gather_block<4>(w, origin + c, output + c, kAll, stream);
    for (; c < w.channels; c += kLanes) {
        const int64_t left = std::min<int64_t>(w.channels - c, kLanes);
        gather_block<1>(w, origin + c, output + c, static_cast<__mmask16>((1u << left) - 1), stream);
    }
}

void scatter(const RoiWindow& w, const float* grad, float* origin) {
    int64_t c = 0;
    for (; c + 16 * kLanes <= w.channels; c += 16 * kLanes) scatter_block<16>(w, grad + c, origin + c, kAll);
    for (; c + 4 * kLanes <= w.channels; c += 4 * kLanes) scatter_block<4>(w, grad + c, origin + c, kAll);
    for (; c < w.channels; c += kLanes) {
        const int64_t left = std::min<int64_t>(w.channels - c, kLanes);
        scatter_block<1>(w, grad + c, origin + c, static_cast<__mmask16>((1u << left) - 1));
    }
}

void finish() { _mm_sfence(); }

}  // namespace

const RoiAlignKernels& roi_align_kernels_avx512() {
    static const RoiAlignKernels kernels{gather, scatter, finish};
    return kernels;
}

}  // namespace icconv
