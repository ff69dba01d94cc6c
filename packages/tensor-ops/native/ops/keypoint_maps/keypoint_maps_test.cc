#include "ops/keypoint_maps/keypoint_maps.h"

#include <algorithm>
#include <cmath>

#include "common/memory.h"
#include "common/test.h"
#include "common/thread_executor.h"

namespace icconv {
namespace {

using test::Random;

// One value by definition, in double precision.
double sample(const KeypointOutput& o, int64_t image, int64_t channel, bool mirrored, double y, double x) {
    const auto value = [&](int64_t v, int64_t u) {
        const int64_t column = mirrored ? o.width - 1 - u : u;
        return static_cast<double>(o.data[((image * o.height + v) * o.width + column) * o.channels + channel]);
    };
    y = std::min(std::max(y, 0.0), static_cast<double>(o.height - 1));
    x = std::min(std::max(x, 0.0), static_cast<double>(o.width - 1));
    const auto v = static_cast<int64_t>(y);
    const auto u = static_cast<int64_t>(x);
    const int64_t below = std::min(v + 1, o.height - 1);
    const int64_t right = std::min(u + 1, o.width - 1);
    const double top = value(v, u) + (x - static_cast<double>(u)) * (value(v, right) - value(v, u));
    const double bottom = value(below, u) + (x - static_cast<double>(u)) * (value(below, right) - value(below, u));
    return top + (y - static_cast<double>(v)) * (bottom - top);
}

TEST(keypoint_maps_equal_their_definition) {
    Random random(1);
    ThreadExecutor executor(2);
    for (int round = 0; round < 60; ++round) {
        KeypointMapsParams params{1 + random.below(4), 1 + random.below(150), 1 + random.below(70), {}, 0};
        for (int64_t k = 0; k < params.keypoints; ++k) params.flip_index.push_back(static_cast<int32_t>(params.keypoints - 1 - k));
        const int count = 1 + random.below(3);
        params.tags_from = random.below(count);
        const int64_t tag_channels = random.below(2) == 0 ? 1 : params.keypoints;
        Array<Array<float>> data;
        Array<KeypointOutput> outputs;
        for (int i = 0; i < count; ++i) {
            const bool same = random.below(3) == 0;
            KeypointOutput o{nullptr, 1 + random.below(2), same ? params.height : 1 + random.below(40), same ? params.width : 1 + random.below(90),
                             params.keypoints + (i == params.tags_from ? tag_channels : 0)};
            data.emplace_back(static_cast<size_t>(o.images * o.height * o.width * o.channels));
            for (float& v : data.back()) v = random.uniform(-1, 1);
            outputs.push_back(o);
        }
        for (int i = 0; i < count; ++i) outputs[static_cast<size_t>(i)].data = data[static_cast<size_t>(i)].data();
        const KeypointOutput& tagged = outputs[static_cast<size_t>(params.tags_from)];
        const int64_t area = params.height * params.width;
        Array<float> heatmaps(static_cast<size_t>(params.keypoints * area));
        Array<float> tags(static_cast<size_t>(tagged.images * tag_channels * area));
        aggregate_keypoint_maps(params, outputs, heatmaps.data(), tags.data(), executor);

        double worst = 0;
        const auto at = [&](const KeypointOutput& o, int64_t image, int64_t channel, int64_t y, int64_t x) {
            const double v = (static_cast<double>(y) + 0.5) * static_cast<double>(o.height) / static_cast<double>(params.height) - 0.5;
            const double u = (static_cast<double>(x) + 0.5) * static_cast<double>(o.width) / static_cast<double>(params.width) - 0.5;
            return sample(o, image, channel, image == 1, v, u);
        };
        for (int64_t y = 0; y < params.height; ++y) {
            for (int64_t x = 0; x < params.width; ++x) {
                for (int64_t k = 0; k < params.keypoints; ++k) {
                    double mean = 0;
                    for (const KeypointOutput& o : outputs) {
                        double sum = at(o, 0, k, y, x);
                        if (o.images == 2) sum += at(o, 1, params.flip_index[static_cast<size_t>(k)], y, x);
                        mean += sum / static_cast<double>(o.images) / count;
                    }
                    worst = std::max(worst, std::abs(mean - static_cast<double>(heatmaps[static_cast<size_t>(k * area + y * params.width + x)])));
                }
                for (int64_t m = 0; m < tagged.images * tag_channels; ++m) {
                    const int64_t image = m / tag_channels;
                    int64_t channel = m % tag_channels;
                    if (image == 1 && tag_channels == params.keypoints) channel = params.flip_index[static_cast<size_t>(channel)];
                    const double expected = at(tagged, image, params.keypoints + channel, y, x);
                    worst = std::max(worst, std::abs(expected - static_cast<double>(tags[static_cast<size_t>(m * area + y * params.width + x)])));
                }
            }
        }
        EXPECT(worst < 2e-5);
    }
}

TEST(keypoint_maps_of_the_size_they_have_stay_as_they_are) {
    SerialExecutor serial;
    const Array<float> data{0.25f, 3, INFINITY, 5, 1e30f, -7};
    const KeypointMapsParams params{1, 1, 3, {0}, 0};
    float heatmaps[3];
    float tags[3];
    aggregate_keypoint_maps(params, {{data.data(), 1, 1, 3, 2}}, heatmaps, tags, serial);
    EXPECT(heatmaps[0] == 0.25f && heatmaps[1] == INFINITY && heatmaps[2] == 1e30f);
    EXPECT(tags[0] == 3 && tags[1] == 5 && tags[2] == -7);
}

}  // namespace
}  // namespace icconv
