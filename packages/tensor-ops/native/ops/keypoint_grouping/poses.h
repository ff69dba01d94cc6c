// From what the maps show to poses, whoever looks into the maps. Internal to this folder.
#ifndef ICCONV_OPS_KEYPOINT_GROUPING_POSES_H_
#define ICCONV_OPS_KEYPOINT_GROUPING_POSES_H_

#include <cstdint>

#include "common/memory.h"
#include "ops/keypoint_grouping/keypoint_grouping.h"
#include "ops/keypoint_grouping/tag_groups.h"

namespace icconv {

// A joint that a person has no peak of, and the person's mean tags [T].
struct MissingKeypoint {
    int64_t joint;
    size_t person;
    Array<float> mean;
};

// Looks into the maps of one image.
class KeypointMapReader {
public:
    virtual ~KeypointMapReader() = default;

    // Peaks of each joint; false when a map holds a number that is not finite.
    virtual bool peaks(Array<JointPeaks>& joints) = 0;

    // For each the pixel where heat less rounded distance to the person's mean tags is highest, the first of equals; where that pixel is not warm,
    // its score is 0 or less. Those of one joint come together.
    virtual void nearest(const Array<MissingKeypoint>& missing, KeypointPeak* found) = 0;
};

KeypointGroups group_keypoints(const KeypointGroupingParams& params, KeypointMapReader& reader);

}  // namespace icconv

#endif  // ICCONV_OPS_KEYPOINT_GROUPING_POSES_H_
