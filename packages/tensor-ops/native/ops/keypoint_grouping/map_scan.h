// The loops over whole maps, one set for each SIMD level. Internal to this folder.
//
// Maps are divided into blocks of 16 by 16 pixels, fewer at the right and at the bottom; a row of blocks is a band.
#ifndef ICCONV_OPS_KEYPOINT_GROUPING_MAP_SCAN_H_
#define ICCONV_OPS_KEYPOINT_GROUPING_MAP_SCAN_H_

#include <cstdint>

#include "common/memory.h"

namespace icconv::grouping_internal {

constexpr int64_t kBlock = 16;

constexpr int64_t blocks_along(int64_t length) { return (length + kBlock - 1) / kBlock; }

struct MapSize {
    int64_t height;
    int64_t width;
    int64_t columns() const { return blocks_along(width); }
    int64_t blocks() const { return columns() * blocks_along(height); }
    // Numbers a block; vectors may read and write to here.
    int64_t padded_blocks() const { return (blocks() + kBlock - 1) / kBlock * kBlock; }
};

// The pixel of highest score so far; of equal ones the first in row order.
struct BestPixel {
    float score;
    int64_t index;
};

// Bit for bit the same on every level.
struct MapScan {
    // Writes numbers that no value of a block exceeds, or undercuts; false when a value is not finite. They are the extremes, but that
    // zero may count as a value.
    bool (*highest)(const float* map, MapSize size, float* high);
    bool (*range)(const float* map, MapSize size, float* low, float* high);
    // Indices of pixels greater than the threshold and not less than any within `radius` rows and columns, in order of their bands.
    // threshold >= 0.
    void (*peaks)(const float* map, MapSize size, const float* high, float threshold, int64_t radius, Array<int32_t>& found);
    // The score of a pixel is heat - round(distance of its tags to `mean`). Writes numbers that the scores of a block do not exceed.
    void (*bounds)(const float* high, const float* const* tag_low, const float* const* tag_high, const float* mean, int64_t tag_size, int64_t blocks,
                   float* bound);
    // Improves `best` by the pixels of one block.
    void (*search)(const float* heat, const float* const* tags, const float* mean, int64_t tag_size, MapSize size, int64_t block, BestPixel& best);
};

const MapScan& map_scan_portable();
const MapScan& map_scan_avx2();
const MapScan& map_scan_avx512();

}  // namespace icconv::grouping_internal

#endif  // ICCONV_OPS_KEYPOINT_GROUPING_MAP_SCAN_H_
