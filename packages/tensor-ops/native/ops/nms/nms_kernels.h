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

// Whether any of columns [begin, end) has IoU > threshold with `box`. Bit for bit the same on every level.
using NmsAnyOverlap = bool (*)(const NmsColumns& columns, int64_t begin, int64_t end, const NmsBox& box, float threshold);

bool nms_any_overlap_scalar(const NmsColumns& columns, int64_t begin, int64_t end, const NmsBox& box, float threshold);
bool nms_any_overlap_avx2(const NmsColumns& columns, int64_t begin, int64_t end, const NmsBox& box, float threshold);
bool nms_any_overlap_avx512(const NmsColumns& columns, int64_t begin, int64_t end, const NmsBox& box, float threshold);

}  // namespace icconv

#endif  // ICCONV_OPS_NMS_NMS_KERNELS_H_
