#include "ops/image_batch/image_batch.h"

#include <algorithm>
#include <cmath>

#include "common/memory.h"
#include "common/test.h"
#include "common/thread_executor.h"

namespace icconv {
namespace {

using test::Random;

struct Picture {
    Array<uint8_t> pixels;
    int64_t height;
    int64_t width;
    SourceImage view() const { return {pixels.data(), height, width}; }
};

// Of just its bytes, so that the sanitizer finds a read past the end.
Picture random_picture(Random& random, int most) {
    Picture picture{{}, 1 + random.below(most), 1 + random.below(most)};
    picture.pixels.resize(static_cast<size_t>(3 * picture.height * picture.width));
    for (uint8_t& p : picture.pixels) p = static_cast<uint8_t>(random.below(256));
    return picture;
}

ImageBatchParams plain(int64_t batch, int64_t height, int64_t width) {
    return {batch, height, width, {0.5f, 2, 1}, {-1, 3, 0}, false, {10, 20, 30}, false, false, false};
}

Placement whole(int32_t source, int32_t batch, int32_t height, int32_t width, const Picture& picture) {
    return {source, batch, 0, 0, height, width,
            {static_cast<double>(picture.width) / width, 0, 0, 0, static_cast<double>(picture.height) / height, 0}, {}, false};
}

// The definition, one pixel at a time.
float expected(const ImageBatchParams& params, const Picture& picture, const Placement& p, int64_t y, int64_t x, int channel) {
    const int c = params.reversed ? 2 - channel : channel;
    const double sx = p.map[0] * (x + 0.5) + p.map[1] * (y + 0.5) + p.map[2];
    const double sy = p.map[3] * (x + 0.5) + p.map[4] * (y + 0.5) + p.map[5];
    double value = params.fill[c];
    constexpr double kSlack = 1e-6;
    if (sx >= -kSlack && sx <= picture.width + kSlack && sy >= -kSlack && sy <= picture.height + kSlack) {
        double rgb[3];
        for (int k = 0; k < 3; ++k) {
            const auto at = [&](double row, double column) {
                const auto r = static_cast<int64_t>(std::clamp(row, 0.0, picture.height - 1.0));
                const auto q = static_cast<int64_t>(std::clamp(column, 0.0, picture.width - 1.0));
                return static_cast<double>(picture.pixels[static_cast<size_t>(3 * (r * picture.width + q) + k)]);
            };
            const double fx = std::clamp(sx - 0.5, 0.0, picture.width - 1.0);
            const double fy = std::clamp(sy - 0.5, 0.0, picture.height - 1.0);
            const double wx = fx - std::floor(fx);
            const double wy = fy - std::floor(fy);
            rgb[k] = (1 - wy) * ((1 - wx) * at(std::floor(fy), std::floor(fx)) + wx * at(std::floor(fy), std::floor(fx) + 1)) +
                     wy * ((1 - wx) * at(std::floor(fy) + 1, std::floor(fx)) + wx * at(std::floor(fy) + 1, std::floor(fx) + 1));
        }
        const float* m = p.colour + 4 * c;
        value = p.has_colour ? std::clamp(m[0] * rgb[0] + m[1] * rgb[1] + m[2] * rgb[2] + m[3], 0.0, 255.0) : rgb[c];
    }
    return static_cast<float>(value * params.scale[channel] + params.bias[channel]);
}

TEST(image_batch_matches_its_definition) {
    Random random(5);
    ThreadExecutor executor(3);
    for (int round = 0; round < 120; ++round) {
        const Picture picture = random_picture(random, round % 3 == 0 ? 3 : 50);
        const int height = 1 + random.below(90);
        const int width = 1 + random.below(90);
        ImageBatchParams params = plain(1, height + 3, width + 5);
        params.reversed = round % 5 == 1;
        Placement placement = whole(0, 0, height, width, picture);
        if (round % 4 == 1) {  // mirrored
            placement.map[0] = -placement.map[0];
            placement.map[2] = static_cast<double>(picture.width);
        }
        if (round % 4 == 2) {  // shifted beyond the picture
            placement.map[2] = random.uniform(-10, 10);
            placement.map[5] = random.uniform(-10, 10);
        }
        if (round % 4 == 3) {  // turned
            for (double& v : placement.map) v = random.uniform(-1, 1);
            placement.map[2] = static_cast<double>(picture.width) / 2;
            placement.map[5] = static_cast<double>(picture.height) / 2;
        }
        if (round % 7 == 0) {
            placement.has_colour = true;
            for (float& v : placement.colour) v = random.uniform(-1, 1);
        }
        placement.top = random.below(height);
        placement.left = random.below(width);
        Array<float> out(static_cast<size_t>(3 * params.height * params.width), NAN);
        const SourceImage source = picture.view();
        EXPECT(first_bad_placement(params, 1, &placement, 1) == -1);
        image_batch(params, &source, &placement, 1, out.data(), executor);
        double worst = 0;
        for (int64_t y = 0; y < params.height; ++y) {
            for (int64_t x = 0; x < params.width; ++x) {
                const bool inside = y >= placement.top && y < height && x >= placement.left && x < width;
                for (int c = 0; c < 3; ++c) {
                    const float want = inside ? expected(params, picture, placement, y, x, c) : 0.0f;
                    const double error = std::abs(double(out[static_cast<size_t>(3 * (y * params.width + x) + c)]) - want);
                    worst = std::isnan(error) ? INFINITY : std::max(worst, error);
                }
            }
        }
        EXPECT(worst < 1e-3);
    }
}

// OpenCV's arithmetic, in whole numbers, one pixel at a time; the picture lies on a plane of the fill.
float expected_warp(const ImageBatchParams& params, const Picture& picture, const Placement& p, int64_t y, int64_t x, int channel) {
    const auto position = [&](const double* m) {
        const double step = std::nearbyint(m[0] * static_cast<double>(x) * 1024);
        const double origin = std::nearbyint((m[1] * static_cast<double>(y) + (m[2] + 0.5 * (m[0] + m[1]) - 0.5)) * 1024);
        return static_cast<int64_t>(std::floor((step + origin + 16) / 32));
    };
    const int64_t sx = position(p.map);
    const int64_t sy = position(p.map + 3);
    const int c = params.reversed ? 2 - channel : channel;
    int64_t sum = 0;
    for (int t = 0; t < 4; ++t) {
        const int64_t column = (sx >> 5) + t % 2;
        const int64_t row = (sy >> 5) + t / 2;
        const bool inside = row >= 0 && row < picture.height && column >= 0 && column < picture.width;
        const int64_t value = inside ? picture.pixels[static_cast<size_t>(3 * (row * picture.width + column) + c)]
                                     : static_cast<int64_t>(params.fill[c]);
        sum += (t % 2 ? sx & 31 : 32 - (sx & 31)) * (t / 2 ? sy & 31 : 32 - (sy & 31)) * value;
    }
    return static_cast<float>((sum + 512) >> 10) * params.scale[channel] + params.bias[channel];
}

TEST(image_batch_warps_as_opencv) {
    Random random(7);
    ThreadExecutor executor(3);
    for (int round = 0; round < 120; ++round) {
        const Picture picture = random_picture(random, round % 3 == 0 ? 3 : 50);
        ImageBatchParams params = plain(1, 1 + random.below(90), 1 + random.below(90));
        params.opencv = true;
        params.reversed = round % 5 == 1;
        Placement placement = whole(0, 0, static_cast<int32_t>(params.height), static_cast<int32_t>(params.width), picture);
        if (round % 4 == 1) {  // reaching beyond the picture
            placement.map[2] = random.uniform(-10, 10);
            placement.map[5] = random.uniform(-10, 10);
        }
        if (round % 4 >= 2) {  // turned
            for (double& v : placement.map) v = random.uniform(-1, 1);
            placement.map[2] = static_cast<double>(picture.width) / 2;
            placement.map[5] = static_cast<double>(picture.height) / 2;
        }
        std::vector<float> out(static_cast<size_t>(3 * params.height * params.width), NAN);
        const SourceImage source = picture.view();
        image_batch(params, &source, &placement, 1, out.data(), executor);
        bool equal = true;
        for (int64_t y = 0; y < params.height; ++y) {
            for (int64_t x = 0; x < params.width; ++x) {
                for (int c = 0; c < 3; ++c) {
                    const float value = out[static_cast<size_t>(3 * (y * params.width + x) + c)];
                    equal = equal && std::abs(value - expected_warp(params, picture, placement, y, x, c)) < 1e-3f;
                }
            }
        }
        EXPECT(equal);
    }
}

TEST(image_batch_antialias_keeps_the_mean) {
    Random random(6);
    SerialExecutor executor;
    const Picture picture = random_picture(random, 64);
    ImageBatchParams params = plain(1, 1, 1);
    params.antialias = true;
    // To one pixel: the triangle's weights over the whole picture, symmetric about its middle.
    const Placement placement = whole(0, 0, 1, 1, picture);
    Array<float> out(3);
    const SourceImage source = picture.view();
    image_batch(params, &source, &placement, 1, out.data(), executor);
    for (int c = 0; c < 3; ++c) {
        double sum = 0;
        double weights = 0;
        for (int64_t y = 0; y < picture.height; ++y) {
            for (int64_t x = 0; x < picture.width; ++x) {
                const double weight = (1 - std::abs((y + 0.5) / picture.height - 0.5)) * (1 - std::abs((x + 0.5) / picture.width - 0.5));
                sum += weight * picture.pixels[static_cast<size_t>(3 * (y * picture.width + x) + c)];
                weights += weight;
            }
        }
        EXPECT(std::abs(out[static_cast<size_t>(c)] - (sum / weights * params.scale[c] + params.bias[c])) < 1e-2);
    }
}

TEST(image_batch_later_placements_cover_earlier_ones) {
    SerialExecutor executor;
    const Picture black{Array<uint8_t>(12, 0), 2, 2};
    const Picture white{Array<uint8_t>(12, 255), 2, 2};
    ImageBatchParams params = plain(2, 4, 4);
    for (int c = 0; c < 3; ++c) {
        params.scale[c] = 1;
        params.bias[c] = 1;
    }
    Array<Placement> placements{whole(0, 1, 4, 4, black), whole(1, 1, 4, 4, white)};
    placements[1].left = 2;
    const SourceImage sources[] = {black.view(), white.view()};
    Array<float> out(2 * 4 * 4 * 3, NAN);
    image_batch(params, sources, placements.data(), 2, out.data(), executor);
    for (int i = 0; i < 48; ++i) EXPECT(out[static_cast<size_t>(i)] == 0);
    for (int i = 0; i < 48; ++i) EXPECT(out[static_cast<size_t>(48 + i)] == (i / 3 % 4 < 2 ? 1 : 256));
    placements[0].right = 5;
    EXPECT(first_bad_placement(params, 2, placements.data(), 2) == 0);
    placements[0].right = 4;
    placements[1].map[0] = NAN;
    EXPECT(first_bad_placement(params, 2, placements.data(), 2) == 1);
}

}  // namespace
}  // namespace icconv
