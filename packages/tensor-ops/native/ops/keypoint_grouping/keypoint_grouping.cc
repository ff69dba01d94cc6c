#include "common/strict_float.h"

#include "ops/keypoint_grouping/keypoint_grouping.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "common/memory.h"
#include "common/simd.h"
#include "ops/keypoint_grouping/map_scan.h"
#include "ops/keypoint_grouping/tag_groups.h"

namespace icconv {
namespace {

using grouping_internal::BestPixel;
using grouping_internal::kBlock;
using grouping_internal::MapScan;
using grouping_internal::MapSize;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
// People a task looks for one joint of.
constexpr size_t kPeoplePerTask = 4;

const MapScan& map_scan() { return ICCONV_AT_SIMD_LEVEL(grouping_internal::map_scan)(); }

class Grouping {
public:
    Grouping(const KeypointGroupingParams& params, const float* heatmaps, const float* tags, Executor& executor)
        : params_(params), heatmaps_(heatmaps), tags_(tags), executor_(executor), scan_(map_scan()), size_{params.height, params.width},
          stride_(params.joints * (3 + params.tag_size)), joints_(static_cast<size_t>(params.joints)),
          heat_high_(static_cast<size_t>(params.joints * size_.padded_blocks()), -kInfinity),
          tag_low_(static_cast<size_t>(params.tag_size * params.tag_maps * size_.padded_blocks())), tag_high_(tag_low_.size()) {}

    KeypointGroups run() {
        KeypointGroups groups;
        groups.finite = scan_maps();
        if (!groups.finite) return groups;
        const Array<PersonPeaks> people = group_by_tags(params_, joints_);
        groups.people = static_cast<int64_t>(people.size());
        groups.poses.assign(people.size() * static_cast<size_t>(stride_), 0.0f);
        for (size_t p = 0; p < people.size(); ++p) {
            float* pose = groups.poses.data() + static_cast<int64_t>(p) * stride_;
            groups.scores.push_back(write_pose(people[p], pose));
        }
        if (params_.refine) refine(people, groups.poses.data());
        return groups;
    }

private:
    const float* heatmap(int64_t joint) const { return heatmaps_ + joint * size_.height * size_.width; }
    int64_t tag_map(int64_t t, int64_t joint) const { return t * params_.tag_maps + (params_.tag_maps == 1 ? 0 : joint); }
    const float* tags(int64_t t, int64_t joint) const { return tags_ + tag_map(t, joint) * size_.height * size_.width; }
    float* high(int64_t joint) { return heat_high_.data() + joint * size_.padded_blocks(); }

    // Reads every map once: extremes of its blocks, and the heatmaps' peaks. False when a number is not finite.
    bool scan_maps() {
        const int64_t tag_maps = params_.tag_size * params_.tag_maps;
        std::atomic<bool> finite{true};
        executor_.run(static_cast<int>(params_.joints + tag_maps), [&](int task) {
            bool good;
            if (task < params_.joints) {
                good = scan_.highest(heatmap(task), size_, high(task));
                if (good) find_peaks(task);
            } else {
                const int64_t map = task - params_.joints;
                const int64_t at = map * size_.padded_blocks();
                good = scan_.range(tags_ + map * size_.height * size_.width, size_, tag_low_.data() + at, tag_high_.data() + at);
            }
            if (!good) finite.store(false, std::memory_order_relaxed);
        });
        return finite.load();
    }

    void find_peaks(int64_t joint) {
        const float* map = heatmap(joint);
        Array<int32_t> found;
        scan_.peaks(map, size_, high(joint), params_.detection_threshold, (params_.nms_kernel - 1) / 2, found);
        const auto count = static_cast<int64_t>(std::min(found.size(), static_cast<size_t>(params_.max_people)));
        std::partial_sort(found.begin(), found.begin() + count, found.end(),
                          [&](int32_t a, int32_t b) { return map[a] != map[b] ? map[a] > map[b] : a < b; });
        JointPeaks& peaks = joints_[static_cast<size_t>(joint)];
        for (int64_t i = 0; i < count; ++i) {
            const int32_t index = found[static_cast<size_t>(i)];
            peaks.peaks.push_back({index, map[index]});
            for (int64_t t = 0; t < params_.tag_size; ++t) peaks.tags.push_back(tags(t, joint)[index]);
        }
    }

    // The person's score: the mean over all joints.
    float write_pose(const PersonPeaks& person, float* pose) const {
        Array<float> scores(person.size(), 0.0f);
        for (size_t joint = 0; joint < person.size(); ++joint, pose += 3 + params_.tag_size) {
            if (person[joint] < 0) continue;
            const JointPeaks& peaks = joints_[joint];
            const auto number = static_cast<size_t>(person[joint]);
            const KeypointPeak& peak = peaks.peaks[number];
            place(static_cast<int64_t>(joint), peak.index, params_.adjust, pose);
            pose[2] = scores[joint] = peak.score;
            const float* own = peaks.tags.data() + static_cast<int64_t>(number) * params_.tag_size;
            std::copy(own, own + params_.tag_size, pose + 3);
        }
        return keypoint_sum(scores.data(), params_.joints) / static_cast<float>(params_.joints);
    }

    // Writes x and y: the pixel's numbers, or its centre and a quarter towards the larger neighbours.
    void place(int64_t joint, int64_t index, bool adjust, float* xy) const {
        const int64_t width = size_.width;
        const int64_t x = index % width;
        const int64_t y = index / width;
        const float* map = heatmap(joint);
        const bool right = map[y * width + std::min(width - 1, x + 1)] > map[y * width + std::max<int64_t>(0, x - 1)];
        const bool below = map[std::min(size_.height - 1, y + 1) * width + x] > map[std::max<int64_t>(0, y - 1) * width + x];
        xy[0] = static_cast<float>(x) + (!adjust ? 0.0f : right ? 0.75f : 0.25f);
        xy[1] = static_cast<float>(y) + (!adjust ? 0.0f : below ? 0.75f : 0.25f);
    }

    struct Missing {
        int64_t joint;
        size_t person;
    };

    // Gives each joint without a peak the pixel where heat less rounded distance to the person's mean tag is highest, if it is warm.
    void refine(const Array<PersonPeaks>& people, float* poses) {
        Array<Array<float>> means;
        for (const PersonPeaks& person : people) {
            Array<const float*> members;
            for (size_t joint = 0; joint < person.size(); ++joint) {
                if (person[joint] >= 0) members.push_back(joints_[joint].tags.data() + person[joint] * params_.tag_size);
            }
            means.push_back(mean_tags(members, params_.tag_size));
        }
        // Those of one joint together, so that its maps are read while they are near.
        Array<Missing> missing;
        for (int64_t joint = 0; joint < params_.joints; ++joint) {
            if (!(*std::max_element(high(joint), high(joint) + size_.blocks()) > 0)) continue;
            for (size_t p = 0; p < people.size(); ++p) {
                if (people[p][static_cast<size_t>(joint)] < 0) missing.push_back({joint, p});
            }
        }
        const size_t tasks = (missing.size() + kPeoplePerTask - 1) / kPeoplePerTask;
        executor_.run(static_cast<int>(tasks), [&](int task) {
            Array<float> bound(static_cast<size_t>(size_.padded_blocks()));
            const size_t begin = static_cast<size_t>(task) * kPeoplePerTask;
            for (size_t i = begin; i < std::min(missing.size(), begin + kPeoplePerTask); ++i) {
                const Missing& m = missing[i];
                const int64_t index = nearest(m.joint, means[m.person].data(), bound);
                const float value = heatmap(m.joint)[index];
                if (!(value > 0)) continue;
                float* joint = poses + static_cast<int64_t>(m.person) * stride_ + m.joint * (3 + params_.tag_size);
                place(m.joint, index, true, joint);
                joint[2] = value;
            }
        });
    }

    // The pixel of highest score: the block of the highest bound first, then only those whose bound is not less than what is found.
    int64_t nearest(int64_t joint, const float* mean, Array<float>& bound) {
        Array<const float*> maps;
        Array<const float*> low;
        Array<const float*> high_tags;
        for (int64_t t = 0; t < params_.tag_size; ++t) {
            maps.push_back(tags(t, joint));
            low.push_back(tag_low_.data() + tag_map(t, joint) * size_.padded_blocks());
            high_tags.push_back(tag_high_.data() + tag_map(t, joint) * size_.padded_blocks());
        }
        scan_.bounds(high(joint), low.data(), high_tags.data(), mean, params_.tag_size, size_.padded_blocks(), bound.data());
        BestPixel best{-kInfinity, 0};
        const auto search = [&](int64_t block) { scan_.search(heatmap(joint), maps.data(), mean, params_.tag_size, size_, block, best); };
        const int64_t first = std::max_element(bound.begin(), bound.begin() + size_.blocks()) - bound.begin();
        search(first);
        for (int64_t block = 0; block < size_.blocks(); ++block) {
            const float limit = bound[static_cast<size_t>(block)];
            if (limit < best.score || block == first) continue;
            const int64_t corner = block / size_.columns() * kBlock * size_.width + block % size_.columns() * kBlock;
            if (limit > best.score || corner < best.index) search(block);
        }
        return best.index;
    }

    const KeypointGroupingParams& params_;
    const float* heatmaps_;
    const float* tags_;
    Executor& executor_;
    const MapScan& scan_;
    const MapSize size_;
    const int64_t stride_;
    Array<JointPeaks> joints_;
    // [K or tag maps, padded blocks]
    Array<float> heat_high_;
    Array<float> tag_low_;
    Array<float> tag_high_;
};

}  // namespace

KeypointGroups group_keypoints(const KeypointGroupingParams& params, const float* heatmaps, const float* tags, Executor& executor) {
    return Grouping(params, heatmaps, tags, executor).run();
}

}  // namespace icconv
