// Groups the keypoints of one image to people: peaks of heatmaps by their tags (Newell, Huang, Deng, Associative Embedding, 2017).
//
// Rules and floats are those of mmpose 0.29's parser (mmpose/core/post_processing/group.py), so that also what is decided by the last
// bit is the same; where that leaves the order of equal peaks open, the first in row order comes first.
// Letters: P people, K kinds of keypoint ("joints"), T tags a keypoint, H, W size of the maps.
#ifndef ICCONV_OPS_KEYPOINT_GROUPING_KEYPOINT_GROUPING_H_
#define ICCONV_OPS_KEYPOINT_GROUPING_KEYPOINT_GROUPING_H_

#include <cstdint>
#include <vector>

#include "common/memory.h"
#include "common/executor.h"

namespace icconv {

struct KeypointGroupingParams {
    int64_t joints;
    int64_t tag_size;
    // `joints`, or 1 when all joints share a tag map.
    int64_t tag_maps;
    int64_t height;
    int64_t width;
    // Side of the window in which a peak is the largest value; odd.
    int64_t nms_kernel;
    // Peaks of a heatmap that take part, at most.
    int64_t max_people;
    // Peaks are greater than this; not negative.
    float detection_threshold;
    double tag_threshold;
    bool use_detection_val;
    bool ignore_too_much;
    bool adjust;
    bool refine;
    // A permutation of the joints.
    std::vector<int32_t> joint_order;
};

struct KeypointGroups {
    // False when a map holds a number that is not finite; nothing else is set then.
    bool finite = true;
    int64_t people = 0;
    // [P, K, 3 + T]: x, y, score, tags.
    Array<float> poses;
    // [P]
    Array<float> scores;
};

// heatmaps [K, H, W]; tags [T, tag_maps, H, W].
KeypointGroups group_keypoints(const KeypointGroupingParams& params, const float* heatmaps, const float* tags, Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_KEYPOINT_GROUPING_KEYPOINT_GROUPING_H_
