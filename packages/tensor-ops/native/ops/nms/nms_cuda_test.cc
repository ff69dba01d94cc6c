// With the overlaps of the CUDA kernel, emulated, against the CPU's: the same boxes to the last.
#include "common/test.h"
#include "cuda/emulation/shim.cuh"
#include "ops/nms/nms_cuda.h"

namespace {

using namespace icconv;

// grouped: whether boxes of another group do not compete. bytes: of the mask's pieces.
void check(const NmsParams& params, int count, bool grouped, size_t bytes) {
    test::Random random(41);
    SerialExecutor executor;
    shim::ShimLauncher launcher;
    std::vector<float> boxes, scores;
    std::vector<int32_t> groups;
    for (int i = 0; i < count; ++i) {
        const float x = static_cast<float>(random.below(40)), y = static_cast<float>(random.below(40));
        boxes.insert(boxes.end(), {x, y, x + static_cast<float>(random.below(12)) * (i % 9 == 0 ? -1.0f : 1.0f), y + static_cast<float>(random.below(12))});
        if (i % 11 == 0) boxes.back() = INFINITY;
        scores.push_back(static_cast<float>(random.below(50)) / 50);  // Some are equal.
        groups.push_back(random.below(3));
    }
    const int32_t* const of_group = grouped ? groups.data() : nullptr;
    const Array<int32_t> expected = nms(params, boxes.data(), scores.data(), of_group, count, executor);
    const Array<int32_t> candidates = nms_candidates(params, scores.data(), count);
    const std::vector<int32_t> order(candidates.begin(), candidates.end());
    const auto total = static_cast<int64_t>(order.size());
    std::vector<uint64_t> mask;
    const Array<int32_t> kept = nms_from_mask(params, candidates, nms_mask_rows(total, bytes), [&](int64_t first, int64_t rows) {
        mask.assign(static_cast<size_t>(rows * nms_mask_words(total)), ~uint64_t{0});
        nms_mask_cuda(params, boxes.data(), of_group, order.data(), total, first, rows, mask.data(), launcher);
        return mask.data();
    });
    EXPECT(!expected.empty() && kept == expected);
}

TEST(cuda_nms_all) { check({0.3f, 0, false, -1}, 300, false, 1 << 20); }
TEST(cuda_nms_groups_in_pieces) { check({0.5f, 0.1f, true, -1}, 333, true, 1000); }
TEST(cuda_nms_most) { check({0.2f, 0.1f, true, 7}, 130, true, 1 << 20); }
TEST(cuda_nms_one) { check({0.5f, 0, false, -1}, 1, false, 1 << 20); }
TEST(cuda_race_nms) { check({0.3f, 0, false, -1}, 150, true, 1 << 20); }

}  // namespace
