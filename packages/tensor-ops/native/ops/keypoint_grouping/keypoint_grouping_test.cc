#include "common/memory.h"
#include "common/strict_float.h"

#include "ops/keypoint_grouping/keypoint_grouping.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "common/test.h"
#include "common/thread_executor.h"
#include "ops/keypoint_grouping/munkres.h"
#include "ops/keypoint_grouping/tag_groups.h"

namespace icconv {
namespace {

using test::Random;

KeypointGroupingParams make_params(int64_t joints, int64_t tag_size, int64_t height, int64_t width) {
    KeypointGroupingParams params{joints, tag_size, joints, height, width, 5, 30, 0.1f, 1.0, true, false, true, true, {}};
    params.joint_order.resize(static_cast<size_t>(joints));
    std::iota(params.joint_order.begin(), params.joint_order.end(), 0);
    return params;
}

// The definition of refinement: every pixel.
int64_t best_pixel(const KeypointGroupingParams& p, const float* heat, const Array<const float*>& tags, const Array<float>& mean) {
    float best = -INFINITY;
    int64_t found = 0;
    for (int64_t i = 0; i < p.height * p.width; ++i) {
        float squares = 0;
        for (size_t t = 0; t < mean.size(); ++t) {
            const float d = tags[t][i] - mean[t];
            squares += d * d;
        }
        const float score = heat[i] - std::nearbyint(std::sqrt(squares));
        if (score > best) {
            best = score;
            found = i;
        }
    }
    return found;
}

TEST(keypoint_refinement_finds_the_best_pixel_of_all) {
    Random random(1);
    ThreadExecutor executor(2);
    int refined = 0;
    for (int round = 0; round < 60; ++round) {
        const int64_t height = 1 + random.below(70);
        const int64_t width = 1 + random.below(70);
        const int64_t tag_size = 1 + round % 3;
        KeypointGroupingParams params = make_params(2, tag_size, height, width);
        params.refine = true;
        const int64_t area = height * width;
        // Joint 0 has one peak, joint 1 none; few values in some rounds, so that scores tie.
        Array<float> heat(static_cast<size_t>(2 * area), 0.0f);
        Array<float> tags(static_cast<size_t>(2 * tag_size * area));
        const float step = round % 2 == 0 ? 64.0f : 1e6f;
        for (int64_t i = 0; i < area; ++i) heat[static_cast<size_t>(area + i)] = std::round(random.uniform(-0.1f, 0.1f) * step) / step;
        for (float& tag : tags) tag = std::round(random.uniform(-4, 4) * step / 32) / (step / 32);
        const int64_t peak = random.below(static_cast<int>(area));
        heat[static_cast<size_t>(peak)] = 0.9f;
        const KeypointGroups groups = group_keypoints(params, heat.data(), tags.data(), executor);
        EXPECT(groups.finite && groups.people == 1);
        if (groups.people != 1) continue;
        Array<float> mean;
        Array<const float*> maps;
        for (int64_t t = 0; t < tag_size; ++t) {
            mean.push_back(tags[static_cast<size_t>(t * 2 * area + peak)]);
            maps.push_back(tags.data() + (t * 2 + 1) * area);
        }
        const int64_t expected = best_pixel(params, heat.data() + area, maps, mean);
        const float value = heat[static_cast<size_t>(area + expected)];
        const float* joint = groups.poses.data() + 3 + tag_size;
        EXPECT(joint[2] == std::max(0.0f, value));
        if (!(value > 0)) continue;
        ++refined;
        EXPECT(std::floor(joint[0]) == static_cast<float>(expected % width) && std::floor(joint[1]) == static_cast<float>(expected / width));
    }
    EXPECT(refined > 30);
}

TEST(keypoint_tags_that_add_up_to_infinity_end) {
    SerialExecutor serial;
    // Joints whose peaks have the largest tags there are, of either sign: means are infinite, and their distances are no numbers.
    const int64_t joints = 12;
    const int64_t side = 6;
    KeypointGroupingParams params = make_params(joints, 1, side, side);
    params.tag_threshold = 3.0e38f;
    Array<float> heat(static_cast<size_t>(joints * side * side), 0.0f);
    Array<float> tags(heat.size(), 0.0f);
    for (int64_t joint = 0; joint < joints; ++joint) {
        for (int64_t peak = 0; peak < 3; ++peak) {
            const auto at = static_cast<size_t>(joint * side * side + (peak * 2 + joint % 2) * side + peak * 2);
            heat[at] = 0.9f;
            tags[at] = (peak == 2 ? -3.3e38f : 3.3e38f) - static_cast<float>(peak) * 1e33f;
        }
    }
    EXPECT(group_keypoints(params, heat.data(), tags.data(), serial).people > 0);
}

TEST(keypoint_peaks_are_the_largest_of_their_windows) {
    Random random(2);
    SerialExecutor serial;
    for (int round = 0; round < 60; ++round) {
        KeypointGroupingParams params = make_params(1, 1, 1 + random.below(50), 1 + random.below(50));
        params.nms_kernel = 1 + 2 * random.below(4);
        params.max_people = 100000;
        params.adjust = params.refine = false;
        const int64_t area = params.height * params.width;
        Array<float> heat(static_cast<size_t>(area));
        Array<float> tags(static_cast<size_t>(area));
        for (float& v : heat) v = static_cast<float>(random.below(round % 2 == 0 ? 6 : 1000000)) / (round % 2 == 0 ? 5.0f : 1e6f);
        std::iota(tags.begin(), tags.end(), 0.0f);
        Array<int64_t> expected;
        const int64_t radius = params.nms_kernel / 2;
        for (int64_t i = 0; i < area; ++i) {
            float largest = -INFINITY;
            for (int64_t y = std::max<int64_t>(0, i / params.width - radius); y <= std::min(params.height - 1, i / params.width + radius); ++y) {
                for (int64_t x = std::max<int64_t>(0, i % params.width - radius); x <= std::min(params.width - 1, i % params.width + radius); ++x) {
                    largest = std::max(largest, heat[static_cast<size_t>(y * params.width + x)]);
                }
            }
            const float value = heat[static_cast<size_t>(i)];
            if (value == largest && value > params.detection_threshold) expected.push_back(i);
        }
        std::stable_sort(expected.begin(), expected.end(), [&](int64_t a, int64_t b) { return heat[static_cast<size_t>(a)] > heat[static_cast<size_t>(b)]; });
        const KeypointGroups groups = group_keypoints(params, heat.data(), tags.data(), serial);
        EXPECT(groups.people == static_cast<int64_t>(expected.size()));
        for (int64_t p = 0; p < std::min<int64_t>(groups.people, static_cast<int64_t>(expected.size())); ++p) {
            EXPECT(groups.poses[static_cast<size_t>(4 * p + 3)] == static_cast<float>(expected[static_cast<size_t>(p)]));
        }
    }
}

TEST(munkres_finds_the_lowest_cost) {
    Random random(3);
    for (int round = 0; round < 200; ++round) {
        const int64_t size = 1 + random.below(6);
        Array<double> cost(static_cast<size_t>(size * size));
        for (double& v : cost) v = round % 2 == 0 ? random.below(5) : random.uniform(-3, 100);
        Array<int32_t> order(static_cast<size_t>(size));
        std::iota(order.begin(), order.end(), 0);
        const auto total = [&](const Array<int32_t>& columns) {
            double sum = 0;
            for (size_t r = 0; r < columns.size(); ++r) sum += cost[r * columns.size() + static_cast<size_t>(columns[r])];
            return sum;
        };
        double least = INFINITY;
        do least = std::min(least, total(order));
        while (std::next_permutation(order.begin(), order.end()));
        Array<double> copy = cost;
        Array<int32_t> columns = munkres(copy, size);
        EXPECT(std::abs(total(columns) - least) < 1e-9);
        std::sort(columns.begin(), columns.end());
        for (int64_t r = 0; r < size; ++r) EXPECT(columns[static_cast<size_t>(r)] == r);
    }
}

TEST(munkres_breaks_ties_as_the_reference) {
    // All zeros, and rows that want the same column: what munkres 1.1.4 of Python gives.
    Array<double> same(9, 0.0);
    EXPECT((munkres(same, 3) == Array<int32_t>{0, 1, 2}));
    Array<double> contested{1, 1, 2, 1, 1, 2, 1, 2, 2};
    EXPECT((munkres(contested, 3) == Array<int32_t>{2, 1, 0}));
}

TEST(keypoint_sum_adds_in_eight_columns) {
    float values[17];
    for (int i = 0; i < 17; ++i) values[i] = i == 0 ? 16777216.0f : 1.0f;
    // Adding ones to 2^24 one by one would lose them all.
    EXPECT(keypoint_sum(values, 17) == 16777216.0f + 16.0f);
    EXPECT(keypoint_sum(values, 7) == 16777216.0f);
    EXPECT(keypoint_sum(values, 0) == 0.0f);
}

TEST(keypoint_grouping_tells_what_is_not_finite) {
    SerialExecutor serial;
    for (int64_t width : {1, 16, 19, 33}) {
        const KeypointGroupingParams params = make_params(2, 2, 3, width);
        Array<float> heat(static_cast<size_t>(6 * width), 0.5f);
        Array<float> tags(static_cast<size_t>(12 * width), 1.0f);
        EXPECT(group_keypoints(params, heat.data(), tags.data(), serial).finite);
        for (float bad : {NAN, INFINITY, -INFINITY}) {
            for (Array<float>* map : {&heat, &tags}) {
                const float before = map->back();
                map->back() = bad;
                EXPECT(!group_keypoints(params, heat.data(), tags.data(), serial).finite);
                map->back() = before;
            }
        }
    }
}

}  // namespace
}  // namespace icconv
