// The inner loop of NMS, one for each SIMD level. Internal to this folder.
#ifndef ICCONV_OPS_NMS_NMS_KERNELS_H_
#define ICCONV_OPS_NMS_NMS_KERNELS_H_

#include <cstdint>

namespace icconv {

struct NmsBox {
    float x1, y1, x2, y2, area;
};

// Boxes as columns. Readable to the next multiple of kNmsLanes past the last box.
struct NmsColumns {
    const float* x1;
    const float* y1;
    const float* x2;
    const float* y2;
    const float* area;
};

constexpr int64_t kNmsLanes = 16;

// A rectangle of grid cells: cell (r, c) holds the boxes [begin[k], end[k]) with k = r * row_stride + c.
struct NmsCells {
    const int32_t* begin;
    const int32_t* end;
    int64_t rows;
    int64_t columns;
    int64_t row_stride;
};

// Whether any box of the cells has IoU > threshold with `box`. Bit for bit the same on every level.
using NmsAnyOverlap = bool (*)(const NmsColumns& boxes, const NmsCells& cells, const NmsBox& box, float threshold);

bool nms_any_overlap_portable(const NmsColumns& boxes, const NmsCells& cells, const NmsBox& box, float threshold);
bool nms_any_overlap_avx2(const NmsColumns& boxes, const NmsCells& cells, const NmsBox& box, float threshold);
bool nms_any_overlap_avx512(const NmsColumns& boxes, const NmsCells& cells, const NmsBox& box, float threshold);

}  // namespace icconv

#endif  // ICCONV_OPS_NMS_NMS_KERNELS_H_
