#include <immintrin.h>

#include <cstdint>

namespace icconv::keypoint_maps_internal {
namespace {

// Does the first lanes and says how many. The result is too large to stay in the caches until it is read.
struct StreamStore {
    static constexpr int64_t kCount = 8;
    static int64_t blend(const float* a, const float* b, float weight, int64_t count, float* out) {
        const __m256 share = _mm256_set1_ps(weight);
        int64_t i = 0;
        for (; i + kCount <= count; i += kCount) {
            const __m256 from = _mm256_loadu_ps(a + i);
            _mm256_stream_ps(out + i, _mm256_fmadd_ps(share, _mm256_sub_ps(_mm256_loadu_ps(b + i), from), from));
        }
        // Another thread may read.
        _mm_sfence();
        return i;
    }
};

}  // namespace
}  // namespace icconv::keypoint_maps_internal

#include "ops/keypoint_maps/row_kernels_level.h"

namespace icconv::keypoint_maps_internal {

const RowKernels& row_kernels_avx2() { return kRowKernels; }

}  // namespace icconv::keypoint_maps_internal
