// Heatmaps and tag maps on CUDA: the host's part. Rules: keypoint_maps.h; kernel: keypoint_maps.cu.
#ifndef ICCONV_OPS_KEYPOINT_MAPS_CUDA_H_
#define ICCONV_OPS_KEYPOINT_MAPS_CUDA_H_

#include <cstdint>

#include "cuda/launcher.h"
#include "ops/keypoint_maps/keypoint_maps.cuh"
#include "ops/keypoint_maps/keypoint_maps.h"

namespace icconv {

// outputs: at most kKeypointOutputs, of the device like the results; flip_index: that of the params, there.
void aggregate_keypoint_maps_cuda(const KeypointMapsParams& params, const int32_t* flip_index, const Array<KeypointOutput>& outputs, float* heatmaps,
                                  float* tags, Launcher& launcher);

}  // namespace icconv

#endif  // ICCONV_OPS_KEYPOINT_MAPS_CUDA_H_
