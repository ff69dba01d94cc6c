// Grouping keypoints with CUDA: the device looks into the maps, the host groups what it finds. Rules: keypoint_grouping.h; kernels:
// keypoint_grouping.cu.
#ifndef ICCONV_OPS_KEYPOINT_GROUPING_CUDA_H_
#define ICCONV_OPS_KEYPOINT_GROUPING_CUDA_H_

#include <algorithm>
#include <cstdint>

#include "common/memory.h"
#include "cuda/launcher.h"
#include "ops/keypoint_grouping/keypoint_grouping.cuh"
#include "ops/keypoint_grouping/poses.h"

namespace icconv {

// Queue the kernels of these names.
void keypoint_peaks_cuda(const KeypointGroupingParams& params, const KeypointCudaMaps& maps, uint32_t capacity, uint32_t* counts,
                         KeypointCudaPeak* peaks, float* peak_tags, Launcher& launcher);
// blocks: for which the device has work.
void keypoint_nearest_cuda(const KeypointCudaMaps& maps, const int32_t* joints, const float* means, int64_t missing, int64_t blocks, uint64_t* best,
                           KeypointCudaPeak* places, Launcher& launcher);

// From peaks in any order the best of each joint, best first.
void sort_keypoint_peaks(const KeypointGroupingParams& params, const KeypointCudaPeak* peaks, const float* peak_tags, int64_t count,
                         Array<JointPeaks>& joints);

// Device: as OnGpu (binding/gpu/on_gpu.h): launcher(), temporary(), place() and read(). heatmaps and tags lie there.
template <typename Device>
class KeypointCudaReader final : public KeypointMapReader {
public:
    KeypointCudaReader(const KeypointGroupingParams& params, const float* heatmaps, const float* tags, Device& device)
        : params_(params), maps_{heatmaps, tags, static_cast<int32_t>(params.joints), static_cast<int32_t>(params.tag_size),
                                 static_cast<int32_t>(params.tag_maps), static_cast<int32_t>(params.height), static_cast<int32_t>(params.width)},
          device_(device) {}

    bool peaks(Array<JointPeaks>& joints) override {
        uint32_t capacity = kUsualPeaks;
        for (;;) {
            uint32_t* const counts = device_.template temporary<uint32_t>(2);
            auto* const peaks = device_.template temporary<KeypointCudaPeak>(capacity);
            auto* const tags = device_.template temporary<float>(capacity * params_.tag_size);
            keypoint_peaks_cuda(params_, maps_, capacity, counts, peaks, tags, device_.launcher());
            uint32_t found[2];
            device_.read(found, counts, 2);
            if (found[1] > 0) return false;
            if (found[0] > capacity) {
                capacity = found[0];
                continue;
            }
            Array<KeypointCudaPeak> list(found[0]);
            Array<float> of_list(static_cast<size_t>(found[0] * params_.tag_size));
            device_.read(list.data(), peaks, static_cast<int64_t>(list.size()));
            device_.read(of_list.data(), tags, static_cast<int64_t>(of_list.size()));
            sort_keypoint_peaks(params_, list.data(), of_list.data(), static_cast<int64_t>(list.size()), joints);
            return true;
        }
    }

    void nearest(const Array<MissingKeypoint>& missing, KeypointPeak* found) override {
        Array<int32_t> joints;
        Array<float> means;
        for (const MissingKeypoint& m : missing) {
            joints.push_back(static_cast<int32_t>(m.joint));
            means.insert(means.end(), m.mean.begin(), m.mean.end());
        }
        const auto count = static_cast<int64_t>(missing.size());
        const int32_t* const placed_joints = device_.place(joints.data(), count);
        const float* const placed_means = device_.place(means.data(), static_cast<int64_t>(means.size()));
        auto* const best = device_.template temporary<uint64_t>(count);
        auto* const places = device_.template temporary<KeypointCudaPeak>(count);
        keypoint_nearest_cuda(maps_, placed_joints, placed_means, count, kBlocks, best, places, device_.launcher());
        Array<KeypointCudaPeak> list(missing.size());
        device_.read(list.data(), places, count);
        for (const KeypointCudaPeak& p : list) *found++ = {p.index, p.score, p.right != 0, p.below != 0};
    }

private:
    // Thirty people with seventeen joints, eight times over.
    static constexpr uint32_t kUsualPeaks = 4096;
    static constexpr int64_t kBlocks = 1024;

    const KeypointGroupingParams& params_;
    const KeypointCudaMaps maps_;
    Device& device_;
};

}  // namespace icconv

#endif  // ICCONV_OPS_KEYPOINT_GROUPING_CUDA_H_
