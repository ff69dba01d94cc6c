// Non-maximum suppression with its overlaps on CUDA: the host sorts, the device compares all pairs, the host walks down the bits.
#ifndef ICCONV_OPS_NMS_CUDA_H_
#define ICCONV_OPS_NMS_CUDA_H_

#include <cstdint>
#include <functional>

#include "common/memory.h"
#include "cuda/launcher.h"
#include "ops/nms/nms.h"

namespace icconv {

// Candidates by descending score, as nms() walks them: on the host.
Array<int32_t> nms_candidates(const NmsParams& params, const float* scores, int64_t count);

// Rows of the mask that a piece of at most `bytes` has; and words of a row.
int64_t nms_mask_words(int64_t candidates);
int64_t nms_mask_rows(int64_t candidates, size_t bytes);

// Rows [first, first + rows) of the mask of all candidates. All pointers are the device's; groups may be null.
void nms_mask_cuda(const NmsParams& params, const float* boxes, const int32_t* groups, const int32_t* order, int64_t candidates, int64_t first,
                   int64_t rows, uint64_t* mask, Launcher& launcher);

// What is kept, as nms() gives it. `piece` brings `rows` rows of the mask from row `first` on to the host.
using NmsMaskPiece = std::function<const uint64_t*(int64_t first, int64_t rows)>;
Array<int32_t> nms_from_mask(const NmsParams& params, const Array<int32_t>& order, int64_t rows, const NmsMaskPiece& piece);

}  // namespace icconv

#endif  // ICCONV_OPS_NMS_CUDA_H_
