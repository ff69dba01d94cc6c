// What parameter_update.cu and its host code share.
#ifndef ICCONV_OPS_PARAMETER_UPDATE_CUH_
#define ICCONV_OPS_PARAMETER_UPDATE_CUH_

#include "cuda/prelude.cuh"

namespace icconv {

// An array of the list: as ParameterSlot, in memory of the device, and the first of the blocks that work on it.
struct ParameterCudaSlot {
    const float* parameter;
    const float* gradient;
    const float* first;
    const float* second;
    float* new_parameter;
    float* new_first;
    float* new_second;
    int64_t count;
    int64_t first_block;
};

constexpr int kParameterThreads = 256;
// Floats of a block.
constexpr int kParameterPiece = 4096;

}  // namespace icconv

#endif  // ICCONV_OPS_PARAMETER_UPDATE_CUH_
