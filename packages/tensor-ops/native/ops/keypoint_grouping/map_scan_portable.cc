#include "common/strict_float.h"

#include "ops/keypoint_grouping/lanes_portable.h"

#include "ops/keypoint_grouping/map_scan_level.h"

namespace icconv::grouping_internal {

const MapScan& map_scan_portable() { return kMapScan; }

}  // namespace icconv::grouping_internal
