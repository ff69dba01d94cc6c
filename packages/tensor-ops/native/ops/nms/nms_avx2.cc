#include "common/strict_float.h"

#include <immintrin.h>

#include "ops/nms/nms_kernels.h"

namespace icconv {

bool nms_any_overlap_avx2(const NmsColumns& boxes, const NmsCells& cells, const NmsBox& box, float threshold) {
    const __m256 x1 = _mm256_set1_ps(box.x1);
    const __m256 y1 = _mm256_set1_ps(box.y1);
    const __m256 x2 = _mm256_set1_ps(box.x2);
    const __m256 y2 = _mm256_set1_ps(box.y2);
    const __m256 area = _mm256_set1_ps(box.area);
    const __m256 limit = _mm256_set1_ps(threshold);
    const __m256 zero = _mm256_setzero_ps();
    for (int64_t r = 0; r < cells.rows; ++r) {
        for (int64_t k = r * cells.row_stride; k < r * cells.row_stride + cells.columns; ++k) {
            const int64_t end = cells.end[k];
            for (int64_t i = cells.begin[k]; i < end; i += 8) {
                const int lanes = end - i >= 8 ? 0xff : (1 << (end - i)) - 1;
                const __m256 width = _mm256_sub_ps(_mm256_min_ps(x2, _mm256_loadu_ps(boxes.x2 + i)), _mm256_max_ps(x1, _mm256_loadu_ps(boxes.x1 + i)));
                const __m256 height = _mm256_sub_ps(_mm256_min_ps(y2, _mm256_loadu_ps(boxes.y2 + i)), _mm256_max_ps(y1, _mm256_loadu_ps(boxes.y1 + i)));
                // Most pairs do not meet: they cost no division.
                const __m256 both = _mm256_and_ps(_mm256_cmp_ps(width, zero, _CMP_GT_OQ), _mm256_cmp_ps(height, zero, _CMP_GT_OQ));
                const int meet = _mm256_movemask_ps(both) & lanes;
                if (meet == 0) continue;
                const __m256 inter = _mm256_mul_ps(width, height);
                const __m256 all = _mm256_sub_ps(_mm256_add_ps(area, _mm256_loadu_ps(boxes.area + i)), inter);
                if ((_mm256_movemask_ps(_mm256_cmp_ps(_mm256_div_ps(inter, all), limit, _CMP_GT_OQ)) & meet) != 0) return true;
            }
        }
    }
    return false;
}

}  // namespace icconv
