#include "ops/nms/nms_cuda.h"

#include <utility>

namespace icconv {
namespace {

constexpr CudaKernel kKeys{"nms", "icconv_nms_keys"};
constexpr CudaKernel kSort{"nms", "icconv_nms_sort"};
constexpr CudaKernel kMerge{"nms", "icconv_nms_merge"};
constexpr CudaKernel kMask{"nms", "icconv_nms_mask"};
constexpr CudaKernel kWalk{"nms", "icconv_nms_walk"};

// Enough for the largest device; candidates are fewer than boxes, so that most of many more would find no work.
constexpr int64_t kMaskBlocks = 4096;

unsigned blocks_of(int64_t numbers, int64_t of_block) { return static_cast<unsigned>((numbers + of_block - 1) / of_block); }

}  // namespace

int64_t nms_mask_rows(int64_t count, size_t bytes) {
    const int64_t words = nms_mask_words(count), fit = static_cast<int64_t>(bytes / sizeof(uint64_t)) / words;
    return std::clamp<int64_t>(fit / kNmsTile, 1, words) * kNmsTile;
}

void nms_queue_cuda(const NmsParams& params, const float* boxes, const float* scores, const int32_t* groups, int64_t count, int64_t rows,
                    const NmsCudaMemory& memory, int32_t* kept, Launcher& launcher) {
    const int64_t words = nms_mask_words(count);
    const auto most = static_cast<int32_t>(nms_most(params, count)), rows_of_piece = static_cast<int32_t>(rows);
    NmsCudaState* const state = memory.state;
    const NmsCudaState* const told = state;
    launcher.clear(state, sizeof(NmsCudaState));
    launcher.clear(memory.gone, static_cast<size_t>(words) * sizeof(uint64_t));
    launcher.launch(kKeys, {blocks_of(count, kNmsThreads), kNmsThreads}, scores, static_cast<int32_t>(count), params.score_threshold,
                    static_cast<int32_t>(params.use_score_threshold), memory.keys, state);
    launcher.launch(kSort, {blocks_of(count, kNmsSorted), kNmsSorted / 2}, memory.keys, told);
    uint64_t *sorted = memory.keys, *other = memory.other_keys;
    for (int64_t run = kNmsSorted; run < count; run *= 2) {
        const uint64_t* const from = sorted;
        launcher.launch(kMerge, {blocks_of(count, kNmsThreads), kNmsThreads}, from, other, run, told);
        std::swap(sorted, other);
    }
    const uint64_t *const keys = sorted, *const mask = memory.mask;
    for (int64_t first = 0; first < count; first += rows) {
        const auto first_row = static_cast<int32_t>(first);
        const int64_t tiles = blocks_of(std::min(rows, count - first), kNmsTile) * words;
        launcher.launch(kMask, {static_cast<unsigned>(std::min(tiles, kMaskBlocks)), kNmsTile}, boxes, groups, keys, first_row, rows_of_piece, most,
                        params.iou_threshold, memory.mask, told);
        launcher.launch(kWalk, {1, kNmsThreads}, keys, mask, first_row, rows_of_piece, most, memory.gone, kept, state);
    }
}

}  // namespace icconv
