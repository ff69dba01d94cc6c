// The CUDA kernel, emulated, against the CPU's.
#include "cuda/emulation/cuda_test.h"
#include "ops/box_candidates/box_candidates.h"
#include "ops/box_candidates/box_candidates_cuda.h"

namespace {

using namespace icconv;
using namespace icconv::test;

void check(int64_t references, int64_t candidates, int64_t delta_columns) {
    Random random(11);
    SerialExecutor executor;
    shim::ShimLauncher launcher;
    const BoxCandidatesParams params{references, candidates, delta_columns, {10, 10, 5, 5}, 4.135f, 90, 120, 3};
    const auto count = static_cast<size_t>(references * candidates);
    std::vector<float> deltas = random_floats(random, static_cast<size_t>(references * delta_columns) * 4, -12, 12);
    const std::vector<float> scores = random_floats(random, count, 0, 1);
    std::vector<float> boxes;
    for (int64_t r = 0; r < references; ++r) {
        const float x = random.uniform(0, 100), y = random.uniform(0, 80);
        for (float v : {x, y, x + random.uniform(1, 20), y + random.uniform(1, 20)}) boxes.push_back(v);
    }
    // A scale beyond the limit.
    deltas[2] = 1000;
    std::vector<float> expected = unwritten(count * 4), expected_scores = unwritten(count), got = expected, got_scores = expected_scores;
    box_candidates(params, deltas.data(), boxes.data(), scores.data(), expected.data(), expected_scores.data(), executor);
    box_candidates_cuda(params, deltas.data(), boxes.data(), scores.data(), got.data(), got_scores.data(), launcher);
    EXPECT(got == expected && got_scores == expected_scores);
}

TEST(cuda_box_candidates_one_each) { check(3000, 1, 1); }
TEST(cuda_box_candidates_of_classes) { check(50, 7, 7); }
TEST(cuda_box_candidates_of_shared_deltas) { check(50, 7, 1); }
TEST(cuda_race_box_candidates) { check(40, 7, 7); }

}  // namespace
