// What nms.cu and its host code share.
#ifndef ICCONV_OPS_NMS_CUH_
#define ICCONV_OPS_NMS_CUH_

#include "cuda/prelude.cuh"

namespace icconv {

// Threads of the kernels that go over boxes.
constexpr int kNmsThreads = 256;
// Boxes of a block that compares pairs, and bits of a word of the mask.
constexpr int kNmsTile = 64;
// Keys that a block sorts, two a thread.
constexpr int kNmsSorted = 1024;
// Words of the mask that the walk holds in shared memory: for 16,384 candidates. Those of more lie in the device's.
constexpr int kNmsWords = 256;

// What the kernels tell each other and the host. All is zero before.
struct NmsCudaState {
    // Boxes that take part: as many keys are sorted.
    int32_t candidates;
    // Indices written.
    int32_t kept;
    // Of the first NaN score: its index from behind, so that the greatest is the first; 0 without one.
    uint32_t bad;
};

}  // namespace icconv

#endif  // ICCONV_OPS_NMS_CUH_
