#include <cstdint>

namespace icconv::keypoint_maps_internal {
namespace {

// No stores past the caches here.
struct StreamStore {
    static constexpr int64_t kCount = 1;
    static int64_t blend(const float*, const float*, float, int64_t, float*) { return 0; }
};

}  // namespace
}  // namespace icconv::keypoint_maps_internal

#include "ops/keypoint_maps/row_kernels_level.h"

namespace icconv::keypoint_maps_internal {

const RowKernels& row_kernels_portable() { return kRowKernels; }

}  // namespace icconv::keypoint_maps_internal
