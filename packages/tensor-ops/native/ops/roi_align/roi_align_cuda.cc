#include "ops/roi_align/roi_align_cuda.h"

namespace icconv {
namespace {

constexpr CudaKernel kForward{"roi_align", "icconv_roi_align"};
constexpr CudaKernel kGrad{"roi_align", "icconv_roi_align_grad"};

RoiAlignCudaShape shape_of(const RoiAlignParams& p, const Rois& rois) {
    return {static_cast<int32_t>(rois.count),        static_cast<int32_t>(p.channels), static_cast<int32_t>(p.pooled_height),
            static_cast<int32_t>(p.pooled_width), p.sampling_ratio,                  static_cast<int32_t>(p.aligned)};
}

RoiAlignCudaMap map_of(const RoiAlignLevel& level, const float* features) {
    return {features, static_cast<int32_t>(level.height), static_cast<int32_t>(level.width), level.spatial_scale};
}

CudaGrid grid_of(const RoiAlignParams& p, const Rois& rois) {
    const int64_t numbers = rois.count * p.pooled_height * p.pooled_width * p.channels;
    return {static_cast<unsigned>((numbers + kRoiAlignThreads - 1) / kRoiAlignThreads), kRoiAlignThreads};
}

}  // namespace

void roi_align_cuda(const RoiAlignParams& params, const RoiAlignLevel* levels, const float* const* features, int level_count, const Rois& rois,
                    float* output, Launcher& launcher) {
    RoiAlignCudaMaps maps{};
    for (int l = 0; l < level_count; ++l) maps.map[l] = map_of(levels[l], features[l]);
    launcher.launch(kForward, grid_of(params, rois), rois.data, rois.levels, maps, output, shape_of(params, rois));
}

void roi_align_grad_cuda(const RoiAlignParams& params, const RoiAlignLevel& level, int level_index, const Rois& rois, const float* grad_output,
                         float* grad_features, Launcher& launcher) {
    launcher.clear(grad_features, static_cast<size_t>(level.batch * level.height * level.width * params.channels) * sizeof(float));
    launcher.launch(kGrad, grid_of(params, rois), rois.data, rois.levels, static_cast<int32_t>(level_index), map_of(level, nullptr), grad_output,
                    grad_features, shape_of(params, rois));
}

}  // namespace icconv
