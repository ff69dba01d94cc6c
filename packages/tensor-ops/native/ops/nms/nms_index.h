// Finds, among the boxes kept so far, those that a new one could overlap enough. Internal to this folder.
#ifndef ICCONV_OPS_NMS_NMS_INDEX_H_
#define ICCONV_OPS_NMS_NMS_INDEX_H_

#include <cstdint>

#include "common/memory.h"
#include "ops/nms/nms_kernels.h"

namespace icconv {

// Boxes of similar size (longer side within a factor of two) share a level, a uniform grid over their upper left corners. The room
// for each cell is known beforehand, because the candidates are; kept boxes fill it. IoU > t needs longer sides within a factor of
// 1 / t and overlap, so a query reads few levels, and in each the few cells whose boxes reach it.
class NmsIndex {
public:
    // `candidates` are all boxes that may be added, with positive, finite width, height and area, in any order.
    NmsIndex(const Array<NmsBox>& candidates, float threshold, NmsAnyOverlap any_overlap);

    // Whether a box added before has IoU > threshold with candidate `i`.
    bool overlaps(int64_t i) const;
    void add(int64_t i);

private:
    struct Level {
        float min_side = 0;  // of the longer sides
        float max_side = 0;
        double max_width = 0;
        double max_height = 0;
        double left = 0;
        double top = 0;
        double right = 0;
        double bottom = 0;
        double cells_per_x = 0;
        double cells_per_y = 0;
        int64_t columns = 1;
        int64_t rows = 1;
        int64_t first_cell = 0;
        int64_t boxes = 0;
        int64_t added = 0;
    };

    const Array<NmsBox>& candidates_;
    float threshold_;
    NmsAnyOverlap any_overlap_;
    Array<Level> levels_;
    Array<int32_t> level_of_;   // of each candidate
    Array<int32_t> cell_of_;    // of each candidate
    Array<int32_t> cell_begin_;
    Array<int32_t> cell_end_;   // moves as boxes are added
    Array<float> storage_;      // five columns
    int64_t stride_ = 0;
    NmsColumns columns_{};
};

}  // namespace icconv

#endif  // ICCONV_OPS_NMS_NMS_INDEX_H_
