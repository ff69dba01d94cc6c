#include "ops/keypoint_grouping/keypoint_grouping_cuda.h"

#include <numeric>

namespace icconv {
namespace {

constexpr CudaKernel kPeaks{"keypoint_grouping", "icconv_keypoint_peaks"};
constexpr CudaKernel kNearest{"keypoint_grouping", "icconv_keypoint_nearest"};
constexpr CudaKernel kPlaces{"keypoint_grouping", "icconv_keypoint_places"};

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
CudaGrid grid_of(int64_t threads) { return {static_cast<unsigned>(ceil_div(threads, kGroupingThreads)), kGroupingThreads}; }

}  // namespace

void keypoint_peaks_cuda(const KeypointGroupingParams& params, const KeypointCudaMaps& maps, uint32_t capacity, uint32_t* counts,
                         KeypointCudaPeak* peaks, float* peak_tags, Launcher& launcher) {
    launcher.clear(counts, 2 * sizeof(uint32_t));
    const int64_t numbers = (params.joints + params.tag_size * params.tag_maps) * params.height * params.width;
    launcher.launch(kPeaks, grid_of(numbers), maps, params.detection_threshold, static_cast<int32_t>((params.nms_kernel - 1) / 2), capacity, counts,
                    peaks, peak_tags);
}

void keypoint_nearest_cuda(const KeypointCudaMaps& maps, const int32_t* joints, const float* means, int64_t missing, int64_t blocks, uint64_t* best,
                           KeypointCudaPeak* places, Launcher& launcher) {
    launcher.clear(best, static_cast<size_t>(missing) * sizeof(uint64_t));
    const int64_t most = ceil_div(static_cast<int64_t>(maps.height) * maps.width, kGroupingThreads);
    const int64_t splits = std::max<int64_t>(1, std::min(most, blocks / missing));
    launcher.launch(kNearest, {static_cast<unsigned>(missing * splits), kGroupingThreads}, maps, joints, means, static_cast<int32_t>(splits), best);
    const uint64_t* const found = best;
    launcher.launch(kPlaces, grid_of(missing), maps, joints, found, static_cast<int32_t>(missing), places);
}

void sort_keypoint_peaks(const KeypointGroupingParams& params, const KeypointCudaPeak* peaks, const float* peak_tags, int64_t count,
                         Array<JointPeaks>& joints) {
    Array<int64_t> order(static_cast<size_t>(count));
    std::iota(order.begin(), order.end(), int64_t{0});
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        if (peaks[a].joint != peaks[b].joint) return peaks[a].joint < peaks[b].joint;
        return peaks[a].score != peaks[b].score ? peaks[a].score > peaks[b].score : peaks[a].index < peaks[b].index;
    });
    for (int64_t i : order) {
        const KeypointCudaPeak& p = peaks[i];
        JointPeaks& joint = joints[static_cast<size_t>(p.joint)];
        if (static_cast<int64_t>(joint.peaks.size()) >= params.max_people) continue;
        joint.peaks.push_back({p.index, p.score, p.right != 0, p.below != 0});
        joint.tags.insert(joint.tags.end(), peak_tags + i * params.tag_size, peak_tags + (i + 1) * params.tag_size);
    }
}

}  // namespace icconv
