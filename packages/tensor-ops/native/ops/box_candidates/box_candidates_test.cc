#include "ops/box_candidates/box_candidates.h"

#include <cmath>

#include "common/memory.h"
#include "common/test.h"
#include "common/thread_executor.h"

namespace {

using namespace icconv;

constexpr BoxCandidatesParams kParams{1, 1, 1, {1, 1, 1, 1}, 1, 50, 100, 2};

struct Candidate {
    float box[4], score;
};
Candidate candidate(const BoxCandidatesParams& params, const float (&deltas)[4], const float (&reference)[4]) {
    SerialExecutor executor;
    Candidate one;
    const float score = 0.75f;
    box_candidates(params, deltas, reference, &score, one.box, &one.score, executor);
    return one;
}

bool is(const Candidate& one, const float (&box)[4], float score) {
    for (int i = 0; i < 4; ++i) {
        if (!(std::abs(one.box[i] - box[i]) < 1e-4f)) return false;
    }
    return one.score == score;
}

TEST(box_candidates_move_scale_and_cut) {
    const float reference[] = {10, 10, 30, 20};
    EXPECT(is(candidate(kParams, {0, 0, 0, 0}, reference), {10, 10, 30, 20}, 0.75f));
    EXPECT(is(candidate(kParams, {0.5f, -0.1f, std::log(2.0f), std::log(0.5f)}, reference), {10, 11.5f, 50, 16.5f}, 0.75f));
    // exp(1) at most.
    const float e = std::exp(1.0f);
    EXPECT(is(candidate(kParams, {0, 0, 9, 0}, reference), {0, 10, 20 + 10 * e, 20}, 0.75f));
    EXPECT(is(candidate(kParams, {9, 9, 0, 0}, reference), {100, 50, 100, 50}, kDroppedScore));
    BoxCandidatesParams weighted = kParams;
    weighted.weights[0] = 10;
    EXPECT(is(candidate(weighted, {5, 0, 0, 0}, reference), {20, 10, 40, 20}, 0.75f));
}

TEST(box_candidates_drop_what_is_small_or_no_number) {
    EXPECT(is(candidate(kParams, {0, 0, 0, 0}, {10, 10, 12, 12}), {10, 10, 12, 12}, 0.75f));
    EXPECT(is(candidate(kParams, {0, 0, 0, 0}, {10, 10, 12, 11.5f}), {10, 10, 12, 11.5f}, kDroppedScore));
    const Candidate none = candidate(kParams, {0, 0, NAN, 0}, {10, 10, 30, 20});
    EXPECT(std::isnan(none.box[0]) && none.box[1] == 10 && std::isnan(none.box[2]) && none.score == kDroppedScore);
}

TEST(box_candidates_of_many_references) {
    ThreadExecutor executor(2);
    constexpr int64_t kReferences = 3000, kCandidates = 3;
    BoxCandidatesParams params = kParams;
    params.references = kReferences;
    params.candidates = kCandidates;
    for (const int64_t columns : {int64_t{1}, kCandidates}) {
        params.delta_columns = columns;
        Array<float> deltas(static_cast<size_t>(kReferences * columns * 4), 0), references, scores;
        for (int64_t i = 0; i < kReferences * columns; ++i) deltas[static_cast<size_t>(i * 4)] = static_cast<float>(i % 7) / 7;
        for (int64_t i = 0; i < kReferences; ++i) {
            for (float v : {0.0f, 0.0f, 3.0f, static_cast<float>(i % 5)}) references.push_back(v);
        }
        for (int64_t i = 0; i < kReferences * kCandidates; ++i) scores.push_back(static_cast<float>(i));
        Array<float> boxes(scores.size() * 4, NAN), kept(scores.size(), NAN);
        box_candidates(params, deltas.data(), references.data(), scores.data(), boxes.data(), kept.data(), executor);
        for (int64_t i = 0; i < kReferences * kCandidates; ++i) {
            const int64_t row = i / kCandidates;
            const float shift = static_cast<float>((columns == 1 ? row : i) % 7) / 7 * 3;
            EXPECT(std::abs(boxes[static_cast<size_t>(i * 4)] - shift) < 1e-5f && boxes[static_cast<size_t>(i * 4 + 3)] == static_cast<float>(row % 5));
            EXPECT(kept[static_cast<size_t>(i)] == (row % 5 < 2 ? kDroppedScore : static_cast<float>(i)));
        }
    }
}

}  // namespace
