#include "common/strict_float.h"

#include "ops/keypoint_grouping/lanes_avx512.h"

#include "ops/keypoint_grouping/map_scan_level.h"

namespace icconv::grouping_internal {

const MapScan& map_scan_avx512() { return kMapScan; }

}  // namespace icconv::grouping_internal
