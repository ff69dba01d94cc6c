#include <immintrin.h>

#include "ops/roi_align/roi_align_kernels.h"

namespace icconv {
namespace {

constexpr int kLanes = 8;

// K vectors of channels at once.
template <int K>
inline void gather_block(const RoiWindow& w, const float* origin, float* output, bool stream) {
    __m256 sum[K];
    for (int k = 0; k < K; ++k) sum[k] = _mm256_setzero_ps();
    for (int32_t r = 0; r < w.row_count; ++r) {
        const float* row = origin + w.rows[r].index * w.row_stride;
        for (int32_t c = 0; c < w.column_count; ++c) {
            const float* pixel = row + w.columns[c].index * w.channels;
            const __m256 weight = _mm256_set1_ps(w.rows[r].weight * w.columns[c].weight);
            for (int k = 0; k < K; ++k) sum[k] = _mm256_fmadd_ps(weight, _mm256_loadu_ps(pixel + k * kLanes), sum[k]);
        }
    }
    for (int k = 0; k < K; ++k) {
        if (stream) {
            _mm256_stream_ps(output + k * kLanes, sum[k]);
        } else {
            _mm256_storeu_ps(output + k * kLanes, sum[k]);
        }
    }
}

template <int K>
inline void scatter_block(const RoiWindow& w, const float* grad, float* origin) {
    __m256 g[K];
    for (int k = 0; k < K; ++k) g[k] = _mm256_loadu_ps(grad + k * kLanes);
    for (int32_t r = 0; r < w.row_count; ++r) {
        float* row = origin + w.rows[r].index * w.row_stride;
        for (int32_t c = 0; c < w.column_count; ++c) {
            float* pixel = row + w.columns[c].index * w.channels;
            const __m256 weight = _mm256_set1_ps(w.rows[r].weight * w.columns[c].weight);
            for (int k = 0; k < K; ++k) {
                float* p = pixel + k * kLanes;
                _mm256_storeu_ps(p, _mm256_fmadd_ps(weight, g[k], _mm256_loadu_ps(p)));
            }
        }
    }
}

// Channels [from, channels), fewer than one vector.
void gather_tail(const RoiWindow& w, const float* origin, float* output, int64_t from) {
    for (int64_t ch = from; ch < w.channels; ++ch) output[ch] = 0.0f;
    for (int32_t r = 0; r < w.row_count; ++r) {
        for (int32_t c = 0; c < w.column_count; ++c) {
            const float* pixel = origin + w.rows[r].index * w.row_stride + w.columns[c].index * w.channels;
            const float weight = w.rows[r].weight * w.columns[c].weight;
            for (int64_t ch = from; ch < w.channels; ++ch) output[ch] += weight * pixel[ch];
        }
    }
}

void scatter_tail(const RoiWindow& w, const float* grad, float* origin, int64_t from) {
    for (int32_t r = 0; r < w.row_count; ++r) {
        for (int32_t c = 0; c < w.column_count; ++c) {
            float* pixel = origin + w.rows[r].index * w.row_stride + w.columns[c].index * w.channels;
            const float weight = w.rows[r].weight * w.columns[c].weight;
            for (int64_t ch = from; ch < w.channels; ++ch) pixel[ch] += weight * grad[ch];
        }
    }
}

void gather(const RoiWindow& w, const float* origin, float* output, bool stream) {
    // Streaming stores need whole, aligned vectors.
    stream = stream && w.channels % kLanes == 0 && reinterpret_cast<uintptr_t>(output) % 32 == 0;
    int64_t c = 0;
    for (; c + 8 * kLanes <= w.channels; c += 8 * kLanes) gather_block<8>(w, origin + c, output + c, stream);
    for (; c + kLanes <= w.channels; c += kLanes) gather_block<1>(w, origin + c, output + c, stream);
    if (c < w.channels) gather_tail(w, origin, output, c);
}

void scatter(const RoiWindow& w, const float* grad, float* origin) {
    int64_t c = 0;
    for (; c + 8 * kLanes <= w.channels; c += 8 * kLanes) scatter_block<8>(w, grad + c, origin + c);
    for (; c + kLanes <= w.channels; c += kLanes) scatter_block<1>(w, grad + c, origin + c);
    if (c < w.channels) scatter_tail(w, grad, origin, c);
}

void finish() { _mm_sfence(); }

}  // namespace

const RoiAlignKernels& roi_align_kernels_avx2() {
    static const RoiAlignKernels kernels{gather, scatter, finish};
    return kernels;
}

}  // namespace icconv
