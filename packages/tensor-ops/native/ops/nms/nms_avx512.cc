#include "common/strict_float.h"

#include <immintrin.h>

#include <algorithm>

#include "ops/nms/nms_kernels.h"

namespace icconv {
namespace {

// GCC 12 warns of an uninitialized value inside the plain _mm512_min_ps and _mm512_max_ps; the masked forms compile to the same.
inline __m512 min16(__m512 a, __m512 b) { return _mm512_maskz_min_ps(0xffff, a, b); }
inline __m512 max16(__m512 a, __m512 b) { return _mm512_maskz_max_ps(0xffff, a, b); }

}  // namespace

bool nms_any_overlap_avx512(const NmsColumns& boxes, const NmsCells& cells, const NmsBox& box, float threshold) {
    const __m512 x1 = _mm512_set1_ps(box.x1);
    const __m512 y1 = _mm512_set1_ps(box.y1);
    const __m512 x2 = _mm512_set1_ps(box.x2);
    const __m512 y2 = _mm512_set1_ps(box.y2);
    const __m512 area = _mm512_set1_ps(box.area);
    const __m512 limit = _mm512_set1_ps(threshold);
    const __m512 zero = _mm512_setzero_ps();
    for (int64_t r = 0; r < cells.rows; ++r) {
        for (int64_t k = r * cells.row_stride; k < r * cells.row_stride + cells.columns; ++k) {
            const int64_t end = cells.end[k];
            for (int64_t i = cells.begin[k]; i < end; i += 16) {
                const auto lanes = static_cast<__mmask16>((1u << std::min<int64_t>(end - i, 16)) - 1);
                const __m512 width = _mm512_sub_ps(min16(x2, _mm512_loadu_ps(boxes.x2 + i)), max16(x1, _mm512_loadu_ps(boxes.x1 + i)));
                const __m512 height = _mm512_sub_ps(min16(y2, _mm512_loadu_ps(boxes.y2 + i)), max16(y1, _mm512_loadu_ps(boxes.y1 + i)));
                // Most pairs do not meet: they cost no division.
                const __mmask16 meet = _mm512_mask_cmp_ps_mask(_mm512_mask_cmp_ps_mask(lanes, width, zero, _CMP_GT_OQ), height, zero, _CMP_GT_OQ);
                if (meet == 0) continue;
                const __m512 inter = _mm512_mul_ps(width, height);
                const __m512 all = _mm512_sub_ps(_mm512_add_ps(area, _mm512_loadu_ps(boxes.area + i)), inter);
                if (_mm512_mask_cmp_ps_mask(meet, _mm512_div_ps(inter, all), limit, _CMP_GT_OQ) != 0) return true;
            }
        }
    }
    return false;
}

}  // namespace icconv
