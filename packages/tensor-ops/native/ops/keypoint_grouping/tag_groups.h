// Peaks to people by their tags. Internal to this folder.
#ifndef ICCONV_OPS_KEYPOINT_GROUPING_TAG_GROUPS_H_
#define ICCONV_OPS_KEYPOINT_GROUPING_TAG_GROUPS_H_

#include <cstdint>

#include "common/memory.h"
#include "ops/keypoint_grouping/keypoint_grouping.h"

namespace icconv {

// A pixel of a heatmap, its value, and whether the neighbours to the right and below are larger than those to the left and above; index = y * W + x.
struct KeypointPeak {
    int32_t index;
    float score;
    bool right = false;
    bool below = false;
};

struct JointPeaks {
    // Above the threshold, best first.
    Array<KeypointPeak> peaks;
    // [peaks, T]
    Array<float> tags;
};

// For each joint the number of its peak, or -1.
using PersonPeaks = Array<int32_t>;

Array<PersonPeaks> group_by_tags(const KeypointGroupingParams& params, const Array<JointPeaks>& joints);

// Mean of the tags [count] of T floats, added in numpy's order: one after the other, but a single column by keypoint_sum().
Array<float> mean_tags(const Array<const float*>& members, int64_t tag_size);

// Sum added as numpy adds up to 128 floats: from eight of them on in eight columns.
float keypoint_sum(const float* values, int64_t count);

}  // namespace icconv

#endif  // ICCONV_OPS_KEYPOINT_GROUPING_TAG_GROUPS_H_
