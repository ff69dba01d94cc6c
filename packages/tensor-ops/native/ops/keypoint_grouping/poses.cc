#include "common/strict_float.h"

#include "ops/keypoint_grouping/poses.h"

#include <algorithm>

namespace icconv {
namespace {

// Writes x and y: the pixel's numbers, or its centre and a quarter towards the larger neighbours.
void place(const KeypointPeak& peak, int64_t width, bool adjust, float* xy) {
    xy[0] = static_cast<float>(peak.index % width) + (!adjust ? 0.0f : peak.right ? 0.75f : 0.25f);
    xy[1] = static_cast<float>(peak.index / width) + (!adjust ? 0.0f : peak.below ? 0.75f : 0.25f);
}

// The person's score: the mean over all joints.
float write_pose(const KeypointGroupingParams& params, const Array<JointPeaks>& joints, const PersonPeaks& person, float* pose) {
    Array<float> scores(person.size(), 0.0f);
    for (size_t joint = 0; joint < person.size(); ++joint, pose += 3 + params.tag_size) {
        if (person[joint] < 0) continue;
        const JointPeaks& peaks = joints[joint];
        const auto number = static_cast<size_t>(person[joint]);
        const KeypointPeak& peak = peaks.peaks[number];
        place(peak, params.width, params.adjust, pose);
        pose[2] = scores[joint] = peak.score;
        const float* own = peaks.tags.data() + static_cast<int64_t>(number) * params.tag_size;
        std::copy(own, own + params.tag_size, pose + 3);
    }
    return keypoint_sum(scores.data(), params.joints) / static_cast<float>(params.joints);
}

// Gives each joint without a peak the pixel that the reader finds nearest, if it is warm.
void refine(const KeypointGroupingParams& params, const Array<JointPeaks>& joints, const Array<PersonPeaks>& people, KeypointMapReader& reader,
            float* poses) {
    Array<Array<float>> means;
    for (const PersonPeaks& person : people) {
        Array<const float*> members;
        for (size_t joint = 0; joint < person.size(); ++joint) {
            if (person[joint] >= 0) members.push_back(joints[joint].tags.data() + person[joint] * params.tag_size);
        }
        means.push_back(mean_tags(members, params.tag_size));
    }
    // Those of one joint together, so that its maps are read while they are near.
    Array<MissingKeypoint> missing;
    for (int64_t joint = 0; joint < params.joints; ++joint) {
        for (size_t p = 0; p < people.size(); ++p) {
            if (people[p][static_cast<size_t>(joint)] < 0) missing.push_back({joint, p, means[p]});
        }
    }
    if (missing.empty()) return;
    Array<KeypointPeak> found(missing.size(), KeypointPeak{0, 0});
    reader.nearest(missing, found.data());
    for (size_t i = 0; i < missing.size(); ++i) {
        if (!(found[i].score > 0)) continue;
        float* joint = poses + (static_cast<int64_t>(missing[i].person) * params.joints + missing[i].joint) * (3 + params.tag_size);
        place(found[i], params.width, true, joint);
        joint[2] = found[i].score;
    }
}

}  // namespace

KeypointGroups group_keypoints(const KeypointGroupingParams& params, KeypointMapReader& reader) {
    KeypointGroups groups;
    Array<JointPeaks> joints(static_cast<size_t>(params.joints));
    groups.finite = reader.peaks(joints);
    if (!groups.finite) return groups;
    const Array<PersonPeaks> people = group_by_tags(params, joints);
    const int64_t stride = params.joints * (3 + params.tag_size);
    groups.people = static_cast<int64_t>(people.size());
    groups.poses.assign(people.size() * static_cast<size_t>(stride), 0.0f);
    for (size_t p = 0; p < people.size(); ++p) {
        groups.scores.push_back(write_pose(params, joints, people[p], groups.poses.data() + static_cast<int64_t>(p) * stride));
    }
    if (params.refine) refine(params, joints, people, reader, groups.poses.data());
    return groups;
}

}  // namespace icconv
