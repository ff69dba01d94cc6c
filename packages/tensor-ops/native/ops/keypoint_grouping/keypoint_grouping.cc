#include "common/strict_float.h"

#include "ops/keypoint_grouping/keypoint_grouping.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "common/memory.h"
#include "common/simd.h"
#include "ops/keypoint_grouping/map_scan.h"
#include "ops/keypoint_grouping/poses.h"
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

// Looks into the maps with the processor's vectors, all joints at once.
class CpuReader final : public KeypointMapReader {
public:
    CpuReader(const KeypointGroupingParams& params, const float* heatmaps, const float* tags, Executor& executor)
        : params_(params), heatmaps_(heatmaps), tags_(tags), executor_(executor), scan_(map_scan()), size_{params.height, params.width},
          heat_high_(static_cast<size_t>(params.joints * size_.padded_blocks()), -kInfinity),
          tag_low_(static_cast<size_t>(params.tag_size * params.tag_maps * size_.padded_blocks())), tag_high_(tag_low_.size()) {}

    // Reads every map once: extremes of its blocks, and the heatmaps' peaks.
    bool peaks(Array<JointPeaks>& joints) override {
        const int64_t tag_maps = params_.tag_size * params_.tag_maps;
        std::atomic<bool> finite{true};
        executor_.run(static_cast<int>(params_.joints + tag_maps), [&](int task) {
            bool good;
            if (task < params_.joints) {
                good = scan_.highest(heatmap(task), size_, high(task));
                if (good) find_peaks(task, joints[static_cast<size_t>(task)]);
            } else {
                const int64_t map = task - params_.joints;
                const int64_t at = map * size_.padded_blocks();
                good = scan_.range(tags_ + map * size_.height * size_.width, size_, tag_low_.data() + at, tag_high_.data() + at);
            }
            if (!good) finite.store(false, std::memory_order_relaxed);
        });
        return finite.load();
    }

    void nearest(const Array<MissingKeypoint>& all, KeypointPeak* found) override {
        // Of a map without warmth no pixel counts.
        Array<int64_t> missing;
        for (size_t i = 0; i < all.size(); ++i) {
            const float* const blocks = high(all[i].joint);
            if (*std::max_element(blocks, blocks + size_.blocks()) > 0) missing.push_back(static_cast<int64_t>(i));
        }
        const size_t tasks = (missing.size() + kPeoplePerTask - 1) / kPeoplePerTask;
        executor_.run(static_cast<int>(tasks), [&](int task) {
            Array<float> bound(static_cast<size_t>(size_.padded_blocks()));
            const size_t begin = static_cast<size_t>(task) * kPeoplePerTask;
            for (size_t i = begin; i < std::min(missing.size(), begin + kPeoplePerTask); ++i) {
                const MissingKeypoint& m = all[static_cast<size_t>(missing[i])];
                found[missing[i]] = peak_at(m.joint, nearest_pixel(m.joint, m.mean.data(), bound));
            }
        });
    }

private:
    const float* heatmap(int64_t joint) const { return heatmaps_ + joint * size_.height * size_.width; }
    int64_t tag_map(int64_t t, int64_t joint) const { return t * params_.tag_maps + (params_.tag_maps == 1 ? 0 : joint); }
    const float* tags(int64_t t, int64_t joint) const { return tags_ + tag_map(t, joint) * size_.height * size_.width; }
    float* high(int64_t joint) { return heat_high_.data() + joint * size_.padded_blocks(); }

    KeypointPeak peak_at(int64_t joint, int64_t index) const {
        const int64_t width = size_.width;
        const int64_t x = index % width;
        const int64_t y = index / width;
        const float* map = heatmap(joint);
        return {static_cast<int32_t>(index), map[index], map[y * width + std::min(width - 1, x + 1)] > map[y * width + std::max<int64_t>(0, x - 1)],
                map[std::min(size_.height - 1, y + 1) * width + x] > map[std::max<int64_t>(0, y - 1) * width + x]};
    }

    void find_peaks(int64_t joint, JointPeaks& peaks) {
        const float* map = heatmap(joint);
        Array<int32_t> found;
        scan_.peaks(map, size_, high(joint), params_.detection_threshold, (params_.nms_kernel - 1) / 2, found);
        const auto count = static_cast<int64_t>(std::min(found.size(), static_cast<size_t>(params_.max_people)));
        std::partial_sort(found.begin(), found.begin() + count, found.end(),
                          [&](int32_t a, int32_t b) { return map[a] != map[b] ? map[a] > map[b] : a < b; });
        for (int64_t i = 0; i < count; ++i) {
            const int32_t index = found[static_cast<size_t>(i)];
            peaks.peaks.push_back(peak_at(joint, index));
            for (int64_t t = 0; t < params_.tag_size; ++t) peaks.tags.push_back(tags(t, joint)[index]);
        }
    }

    // The pixel of highest score: the block of the highest bound first, then only those whose bound is not less than what is found.
    int64_t nearest_pixel(int64_t joint, const float* mean, Array<float>& bound) {
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
    // [K or tag maps, padded blocks]
    Array<float> heat_high_;
    Array<float> tag_low_;
    Array<float> tag_high_;
};

}  // namespace

KeypointGroups group_keypoints(const KeypointGroupingParams& params, const float* heatmaps, const float* tags, Executor& executor) {
    CpuReader reader(params, heatmaps, tags, executor);
    return group_keypoints(params, reader);
}

}  // namespace icconv
