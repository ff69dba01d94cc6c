#include "ops/nms/nms_cuda.h"

#include <algorithm>

#include "ops/nms/nms.cuh"

namespace icconv {
namespace {

constexpr CudaKernel kMask{"nms", "icconv_nms_mask"};

}  // namespace

Array<int32_t> nms_candidates(const NmsParams& params, const float* scores, int64_t count) {
    Array<int32_t> order;
    for (int64_t i = 0; i < count; ++i) {
        if (!params.use_score_threshold || scores[i] > params.score_threshold) order.push_back(static_cast<int32_t>(i));
    }
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return scores[a] > scores[b]; });
    return order;
}

int64_t nms_mask_words(int64_t candidates) { return (candidates + kNmsTile - 1) / kNmsTile; }

int64_t nms_mask_rows(int64_t candidates, size_t bytes) {
    const auto fit = static_cast<int64_t>(bytes / sizeof(uint64_t)) / std::max<int64_t>(1, nms_mask_words(candidates));
    return std::clamp<int64_t>(fit / kNmsTile * kNmsTile, kNmsTile, std::max<int64_t>(kNmsTile, candidates));
}

void nms_mask_cuda(const NmsParams& params, const float* boxes, const int32_t* groups, const int32_t* order, int64_t candidates, int64_t first,
                   int64_t rows, uint64_t* mask, Launcher& launcher) {
    const auto blocks = static_cast<unsigned>((rows + kNmsTile - 1) / kNmsTile * nms_mask_words(candidates));
    launcher.launch(kMask, {blocks, kNmsTile}, boxes, groups, order, static_cast<int32_t>(candidates), static_cast<int32_t>(first),
                    static_cast<int32_t>(rows), params.iou_threshold, mask);
}

Array<int32_t> nms_from_mask(const NmsParams& params, const Array<int32_t>& order, int64_t rows, const NmsMaskPiece& piece) {
    const auto count = static_cast<int64_t>(order.size());
    const int64_t words = nms_mask_words(count);
    const int64_t limit = params.max_output < 0 ? count : std::min(params.max_output, count);
    Array<uint64_t> gone(static_cast<size_t>(words), 0);
    Array<int32_t> kept;
    for (int64_t first = 0; first < count && static_cast<int64_t>(kept.size()) < limit; first += rows) {
        const int64_t end = std::min(count, first + rows);
        const uint64_t* const mask = piece(first, end - first);
        for (int64_t i = first; i < end && static_cast<int64_t>(kept.size()) < limit; ++i) {
            if (gone[static_cast<size_t>(i / kNmsTile)] >> (i % kNmsTile) & 1) continue;
            kept.push_back(order[static_cast<size_t>(i)]);
            const uint64_t* const row = mask + (i - first) * words;
            for (int64_t w = i / kNmsTile; w < words; ++w) gone[static_cast<size_t>(w)] |= row[w];
        }
    }
    return kept;
}

}  // namespace icconv
