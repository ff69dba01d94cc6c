// GCC 12's own intrinsics begin with a deliberately undefined register, of which it then warns.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#include <cstdint>

namespace icconv::keypoint_maps_internal {
namespace {

// Does the first lanes and says how many. The result is too large to stay in the caches until it is read.
struct StreamStore {
    static constexpr int64_t kCount = 16;
    static int64_t blend(const float* a, const float* b, float weight, int64_t count, float* out) {
        const __m512 share = _mm512_set1_ps(weight);
        int64_t i = 0;
        for (; i + kCount <= count; i += kCount) {
            const __m512 from = _mm512_loadu_ps(a + i);
            _mm512_stream_ps(out + i, _mm512_fmadd_ps(share, _mm512_sub_ps(_mm512_loadu_ps(b + i), from), from));
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

const RowKernels& row_kernels_avx512() { return kRowKernels; }

}  // namespace icconv::keypoint_maps_internal
