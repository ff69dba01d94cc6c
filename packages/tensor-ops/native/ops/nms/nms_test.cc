#include "common/memory.h"
#include "common/strict_float.h"

#include "ops/nms/nms.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "common/test.h"
#include "common/thread_executor.h"
#include "ops/nms/nms_index.h"

namespace icconv {
namespace {

using test::Random;

constexpr float kInf = std::numeric_limits<float>::infinity();

float iou(const float* a, const float* b) {
    const float w = std::max(0.0f, std::min(a[2], b[2]) - std::max(a[0], b[0]));
    const float h = std::max(0.0f, std::min(a[3], b[3]) - std::max(a[1], b[1]));
    const float inter = w * h;
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter);
}

// The definition: every pair in order.
Array<int32_t> direct(const NmsParams& params, const Array<float>& boxes, const Array<float>& scores, const int32_t* groups) {
    Array<int32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return scores[static_cast<size_t>(a)] > scores[static_cast<size_t>(b)]; });
    Array<int32_t> kept;
    for (int32_t i : order) {
        if (params.use_score_threshold && !(scores[static_cast<size_t>(i)] > params.score_threshold)) continue;
        const float* a = boxes.data() + static_cast<int64_t>(i) * 4;
        bool suppressed = false;
        for (int32_t k : kept) {
            if (groups != nullptr && groups[i] != groups[k]) continue;
            const float* b = boxes.data() + static_cast<int64_t>(k) * 4;
            if (iou(a, b) > params.iou_threshold) suppressed = true;
        }
        if (!suppressed) kept.push_back(i);
    }
    if (params.max_output >= 0 && static_cast<int64_t>(kept.size()) > params.max_output) kept.resize(static_cast<size_t>(params.max_output));
    return kept;
}

TEST(nms_keeps_what_the_definition_keeps) {
    Random random(1);
    ThreadExecutor executor(2);
    for (int round = 0; round < 300; ++round) {
        const int n = round % 10 == 0 ? 1500 : random.below(400);
        Array<float> boxes;
        Array<float> scores;
        Array<int32_t> groups;
        const float extent = random.uniform(1, 2000);
        const float side = random.uniform(0.1f, 300);
        // On an integer grid IoUs hit thresholds exactly.
        const bool whole = round % 3 == 0;
        for (int i = 0; i < n; ++i) {
            const float x = random.uniform(-extent, extent);
            const float y = random.uniform(-extent, extent);
            const float scale = std::exp2(random.uniform(-6, 1));
            for (float v : {x, y, x + random.uniform(-0.02f, 1) * side * scale, y + random.uniform(-0.02f, 1) * side * scale}) {
                boxes.push_back(whole ? std::round(v / 8) : v);
            }
            // Few distinct scores: ties.
            scores.push_back(round % 2 == 0 ? random.uniform(-1, 1) : static_cast<float>(random.below(5)) / 4);
            groups.push_back(random.below(4) * 1000 - 2000);
        }
        if (n > 8) {
            for (int k = 0; k < 8; ++k) boxes[static_cast<size_t>(random.below(n * 4))] = k % 2 == 0 ? NAN : k % 3 == 0 ? -kInf : 1e30f;
        }
        const float thresholds[] = {0.0f, 0.1f, 0.25f, 0.5f, 0.7f, 1.0f};
        const NmsParams params{thresholds[random.below(6)], 0.25f, round % 4 == 0, round % 5 == 0 ? 7 : -1};
        for (const int32_t* g : {static_cast<const int32_t*>(nullptr), static_cast<const int32_t*>(groups.data())}) {
            EXPECT(nms(params, boxes.data(), scores.data(), g, n, executor) == direct(params, boxes, scores, g));
        }
    }
}

// One fused multiply-add in a kernel would turn some of these.
TEST(nms_decides_by_the_last_bit) {
    Random random(2);
    SerialExecutor serial;
    int overlapping = 0;
    for (int round = 0; round < 2000; ++round) {
        float boxes[8];
        for (int b = 0; b < 2; ++b) {
            boxes[b * 4] = random.uniform(0, 10);
            boxes[b * 4 + 1] = random.uniform(0, 10);
            boxes[b * 4 + 2] = boxes[b * 4] + random.uniform(5, 20);
            boxes[b * 4 + 3] = boxes[b * 4 + 1] + random.uniform(5, 20);
        }
        const float scores[] = {2, 1};
        const float exact = iou(boxes, boxes + 4);
        if (exact == 0) continue;
        ++overlapping;
        EXPECT(nms({exact, 0, false, -1}, boxes, scores, nullptr, 2, serial).size() == 2);
        EXPECT(nms({std::nextafter(exact, 0.0f), 0, false, -1}, boxes, scores, nullptr, 2, serial).size() == 1);
    }
    EXPECT(overlapping > 1000);
}

TEST(nms_with_many_kept_boxes) {
    Random random(3);
    SerialExecutor serial;
    for (int round = 0; round < 12; ++round) {
        const int n = 1600;
        Array<float> boxes;
        Array<float> scores;
        // Some rounds with one size, some with sides over five decades.
        const float octaves = round % 3 == 0 ? 0.5f : static_cast<float>(round);
        for (int i = 0; i < n; ++i) {
            const float x = random.uniform(-500, 500);
            const float y = random.uniform(-500, 500);
            const float scale = 40 * std::exp2(-random.uniform(0, octaves));
            for (float v : {x, y, x + scale * random.uniform(0.3f, 1), y + scale * random.uniform(0.3f, 1)}) boxes.push_back(v);
            scores.push_back(random.uniform(0, 1));
        }
        for (int k = 0; k < 12; ++k) {
            const auto at = static_cast<size_t>(random.below(n) * 4);
            boxes[at] = k % 3 == 0 ? -kInf : -1e30f;
            if (k % 4 == 0) boxes[at + 1] = -1e30f;
            if (k % 5 == 0) boxes[at + 2] = std::nextafter(boxes[at], kInf);
        }
        const float thresholds[] = {0.05f, 0.2f, 0.45f, 0.8f};
        const NmsParams params{thresholds[round % 4], 0, false, -1};
        const Array<int32_t> expected = direct(params, boxes, scores, nullptr);
        EXPECT(expected.size() > 450);
        EXPECT(nms(params, boxes.data(), scores.data(), nullptr, n, serial) == expected);
    }
}

// The index may prune by size and place, never by mistake: against every pair, at thresholds that the pairs themselves have.
TEST(nms_index_finds_every_overlap) {
    Random random(4);
    for (int round = 0; round < 60; ++round) {
        Array<NmsBox> boxes;
        for (int i = 0; i < 200; ++i) {
            NmsBox b{};
            b.x1 = random.uniform(0, 60);
            b.y1 = random.uniform(0, 60);
            const float scale = 24 * std::exp2(-random.uniform(0, 4));
            b.x2 = b.x1 + scale * random.uniform(0.5f, 1);
            b.y2 = b.y1 + scale * random.uniform(0.5f, 1);
            b.area = (b.x2 - b.x1) * (b.y2 - b.y1);
            boxes.push_back(b);
        }
        const float threshold = round % 6 == 0 ? 0.0f : std::nextafter(iou(&boxes[0].x1, &boxes[static_cast<size_t>(round)].x1), 0.0f);
        if (threshold > 0.9f || threshold < 0) continue;
        NmsIndex index(boxes, threshold, nms_any_overlap_portable);
        for (int i = 0; i < 200; ++i) {
            bool expected = false;
            for (int k = 0; k < i; ++k) {
                expected = expected || iou(&boxes[static_cast<size_t>(i)].x1, &boxes[static_cast<size_t>(k)].x1) > threshold;
            }
            EXPECT(index.overlaps(i) == expected);
            index.add(i);
        }
    }
}

TEST(nms_orders_ties_by_index_and_zeros_as_equal) {
    SerialExecutor serial;
    const float boxes[] = {0, 0, 1, 1, 10, 0, 11, 1, 20, 0, 21, 1, 30, 0, 31, 1, 40, 0, 41, 1};
    const float scores[] = {-0.0f, 0.0f, -kInf, kInf, -0.0f};
    const NmsParams params{0.5f, 0, false, -1};
    EXPECT((nms(params, boxes, scores, nullptr, 5, serial) == Array<int32_t>{3, 0, 1, 4, 2}));
    const float bad[] = {0, NAN};
    EXPECT(first_nan_score(bad, 2) == 1);
    EXPECT(nms(params, boxes, scores, nullptr, 0, serial).empty());
}

}  // namespace
}  // namespace icconv
