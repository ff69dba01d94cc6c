// Non-maximum suppression on CUDA: boxes are sorted, compared and walked down on the device; kernels: nms.cu.
#ifndef ICCONV_OPS_NMS_CUDA_H_
#define ICCONV_OPS_NMS_CUDA_H_

#include <algorithm>
#include <cstdint>

#include "cuda/launcher.h"
#include "ops/nms/nms.cuh"
#include "ops/nms/nms.h"

namespace icconv {

// Rows of the mask of `count` candidates that a piece of at most `bytes` has; at least one tile.
int64_t nms_mask_rows(int64_t count, size_t bytes);

// Memory of the device for nms_queue_cuda(), which need not be cleared.
struct NmsCudaMemory {
    uint64_t *keys, *other_keys;  // [count] each.
    uint64_t* gone;               // [words of a row of the mask]
    uint64_t* mask;               // [rows, words]
    NmsCudaState* state;          // [1]
};

// Queues all of it. All pointers are the device's; groups may be null. kept [count, or as many as are kept at most]: as nms() gives it.
void nms_queue_cuda(const NmsParams& params, const float* boxes, const float* scores, const int32_t* groups, int64_t count, int64_t rows,
                    const NmsCudaMemory& memory, int32_t* kept, Launcher& launcher);

inline int64_t nms_mask_words(int64_t count) { return (count + kNmsTile - 1) / kNmsTile; }
inline int64_t nms_most(const NmsParams& params, int64_t count) { return params.max_output < 0 ? count : std::min(params.max_output, count); }

struct NmsCudaResult {
    // Of the device, `count` of them.
    const int32_t* kept;
    int64_t count;
    // Of the first NaN score, or -1; with one nothing is kept.
    int64_t bad;
};

// count: at least 1. mask_bytes: of the mask at a time. Device: as OnGpu (binding/gpu/on_gpu.h). The host waits once, for some bytes: how many are kept.
template <typename Device>
NmsCudaResult nms_cuda(const NmsParams& params, const float* boxes, const float* scores, const int32_t* groups, int64_t count, size_t mask_bytes,
                       Device& device) {
    const int64_t words = nms_mask_words(count), rows = nms_mask_rows(count, mask_bytes);
    auto* const state = device.template temporary<NmsCudaState>(1);
    auto* const kept = device.template temporary<int32_t>(std::max<int64_t>(1, nms_most(params, count)));
    const NmsCudaMemory memory{device.template temporary<uint64_t>(count), device.template temporary<uint64_t>(count),
                               device.template temporary<uint64_t>(words), device.template temporary<uint64_t>(rows * words), state};
    nms_queue_cuda(params, boxes, scores, groups, count, rows, memory, kept, device.launcher());
    NmsCudaState end;
    device.read(&end, state, 1);
    if (end.bad > 0) return {nullptr, 0, count - end.bad};
    return {kept, end.kept, -1};
}

}  // namespace icconv

#endif  // ICCONV_OPS_NMS_CUDA_H_
