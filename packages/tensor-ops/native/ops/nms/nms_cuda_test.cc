// With the CUDA kernels, emulated, against the CPU's: the same boxes to the last.
#include "cuda/emulation/cuda_test.h"
#include "ops/nms/nms_cuda.h"

namespace {

using namespace icconv;
using namespace icconv::test;

struct Problem {
    std::vector<float> boxes, scores;
    std::vector<int32_t> groups;

    void add(float x1, float y1, float x2, float y2, float score, int32_t group) {
        boxes.insert(boxes.end(), {x1, y1, x2, y2});
        scores.push_back(score);
        groups.push_back(group);
    }
};

constexpr size_t kAtOnce = 1 << 20;

// grouped: whether boxes of another group do not compete. mask_bytes: of the mask's pieces.
void check(const NmsParams& params, const Problem& problem, bool grouped, size_t mask_bytes = kAtOnce) {
    SerialExecutor executor;
    const int32_t* const groups = grouped ? problem.groups.data() : nullptr;
    const auto count = static_cast<int64_t>(problem.scores.size());
    const Array<int32_t> expected = nms(params, problem.boxes.data(), problem.scores.data(), groups, count, executor);
    ShimDevice device;
    const NmsCudaResult got = nms_cuda(params, problem.boxes.data(), problem.scores.data(), groups, count, mask_bytes, device);
    EXPECT(got.bad == -1);
    EXPECT((Array<int32_t>(got.kept, got.kept + got.count) == expected));
}

// Some boxes have no area or an infinite side, some scores are equal. scores: how many there are.
Problem random_problem(int count, int scores = 50, int extent = 40) {
    static Random random(41);
    Problem problem;
    for (int i = 0; i < count; ++i) {
        const float x = static_cast<float>(random.below(extent)), y = static_cast<float>(random.below(extent));
        const float right = x + static_cast<float>(random.below(12)) * (i % 9 == 0 ? -1.0f : 1.0f);
        problem.add(x, y, right, i % 11 == 0 ? INFINITY : y + static_cast<float>(random.below(12)), static_cast<float>(random.below(scores)) / static_cast<float>(scores) - 0.5f,
                    random.below(3) * 1000 - 1000);
    }
    return problem;
}

TEST(cuda_nms_all) { check({0.3f, 0, false, -1}, random_problem(300), false); }
TEST(cuda_nms_groups_in_pieces) { check({0.5f, -0.4f, true, -1}, random_problem(333), true, 1000); }
TEST(cuda_nms_most) {
    for (const int64_t most : {0, 1, 7, 64, 1000}) check({0.2f, -0.4f, true, most}, random_problem(130), true);
}
// The most are kept in the first of several pieces, at its end, or in a later one.
TEST(cuda_nms_most_in_pieces) {
    for (const int64_t most : {3, 20, 60, 90}) check({0.7f, 0, false, most}, random_problem(400), true, 1000);
}
TEST(cuda_nms_one) {
    check({0.5f, 0, false, -1}, random_problem(1), false);
    check({0.5f, 2, true, -1}, random_problem(1), false);
}
TEST(cuda_nms_at_sizes_of_tiles_and_runs) {
    for (const int count : {2, 63, 64, 65, 128, kNmsSorted - 1, kNmsSorted, kNmsSorted + 1}) {
        check({0.4f, 0, false, -1}, random_problem(count, 1000, 200), true);
    }
}
// Two merges, and a third of a run and a part of one; few scores, so that many are equal across runs.
TEST(cuda_nms_of_several_runs) {
    check({0.1f, -0.45f, true, -1}, random_problem(3 * kNmsSorted + 500, 30, 400), true);
    // Candidates of fewer runs than the boxes could have.
    check({0.1f, 0.4f, true, -1}, random_problem(3 * kNmsSorted, 30, 400), false);
}
// More candidates than the walk holds in shared memory, in pieces; and more boxes, of which few take part.
TEST(cuda_nms_of_more_than_shared_memory_holds) {
    Problem problem;
    // The second of each pair of equal boxes comes late by score.
    constexpr int kCount = kNmsWords * kNmsTile + 70;
    for (int i = 0; i < kCount; ++i) {
        const auto at = static_cast<float>(i % (kCount / 2)) * 2;
        problem.add(at, 0, at + 1, 1, static_cast<float>(i % 401), 0);
    }
    check({0.5f, 0, false, 1500}, problem, false, size_t{1024} * 8 * (kNmsWords + 2));
    check({0.5f, 398, true, -1}, problem, false);
}
TEST(cuda_nms_all_the_same) {
    Problem problem;
    for (int i = 0; i < 200; ++i) problem.add(0, 0, 10, 10, 0.5f, i % 4);
    check({0.5f, 0, false, -1}, problem, false);
    check({0.5f, 0, false, -1}, problem, true);
    check({1.0f, 0, false, -1}, problem, false);
}
TEST(cuda_nms_scores_beyond_numbers) {
    Problem problem;
    const float scores[] = {-0.0f, 0.0f, -INFINITY, INFINITY, -0.0f, 1e-40f, -1e-40f};
    for (int i = 0; i < 7; ++i) problem.add(10.0f * static_cast<float>(i), 0, 10.0f * static_cast<float>(i) + 1, 1, scores[i], 0);
    check({0.5f, 0, false, -1}, problem, false);
    check({0.5f, -INFINITY, true, -1}, problem, false);
    ShimDevice device;
    problem.scores[3] = problem.scores[6] = NAN;
    for (const bool use_threshold : {false, true}) {
        const NmsParams params{0.5f, 0, use_threshold, -1};
        EXPECT(nms_cuda(params, problem.boxes.data(), problem.scores.data(), nullptr, 7, kAtOnce, device).bad == 3);
    }
}
// IoUs just at the threshold and one bit beside: one fused operation would turn some of these.
TEST(cuda_nms_decides_by_the_last_bit) {
    Random random(2);
    SerialExecutor executor;
    for (int round = 0; round < 100; ++round) {
        Problem problem;
        for (int b = 0; b < 2; ++b) {
            const float x = random.uniform(0, 10), y = random.uniform(0, 10);
            problem.add(x, y, x + random.uniform(5, 20), y + random.uniform(5, 20), 2.0f - static_cast<float>(b), 0);
        }
        const float *const a = problem.boxes.data(), *const b = a + 4;
        const float w = std::max(0.0f, std::min(a[2], b[2]) - std::max(a[0], b[0])), h = std::max(0.0f, std::min(a[3], b[3]) - std::max(a[1], b[1]));
        const float inter = w * h, iou = inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter);
        check({iou, 0, false, -1}, problem, false);
        check({std::nextafter(iou, 0.0f), 0, false, -1}, problem, false);
    }
}
TEST(cuda_race_nms) { check({0.3f, 0, false, -1}, random_problem(150), true, 1500); }

}  // namespace
