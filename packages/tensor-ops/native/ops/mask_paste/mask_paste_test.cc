#include "common/strict_float.h"

#include "ops/mask_paste/mask_paste.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/test.h"
#include "common/thread_executor.h"

namespace icconv {
namespace {

// The definition, pixel by pixel: the mask with a border of zeros, at continuous places of which row 0 is the border.
float value_at(const float* mask, int64_t size, float y, float x) {
    const auto pixel = [&](int64_t row, int64_t column) {
        return row < 1 || column < 1 || row > size || column > size ? 0.0f : mask[(row - 1) * size + column - 1];
    };
    const auto row = static_cast<int64_t>(std::floor(y)), column = static_cast<int64_t>(std::floor(x));
    const float v = y - static_cast<float>(row), u = x - static_cast<float>(column);
    const float upper = (1 - u) * pixel(row, column) + u * pixel(row, column + 1);
    const float lower = (1 - u) * pixel(row + 1, column) + u * pixel(row + 1, column + 1);
    return (1 - v) * upper + v * lower;
}

Array<uint8_t> decoded(const PastedMasks& pasted, size_t mask, int64_t pixels) {
    Array<uint8_t> columns;
    size_t at = 0;
    for (size_t i = 0; i < mask; ++i) at += static_cast<size_t>(pasted.lengths[i]);
    for (int32_t i = 0; i < pasted.lengths[mask]; ++i) {
        columns.insert(columns.end(), static_cast<size_t>(pasted.counts[at + static_cast<size_t>(i)]), static_cast<uint8_t>(i % 2));
    }
    EXPECT(static_cast<int64_t>(columns.size()) == pixels);
    return columns;
}

TEST(mask_paste_equals_its_definition) {
    test::Random random(5);
    ThreadExecutor executor(2);
    int64_t differing = 0, inside = 0;
    for (int round = 0; round < 120; ++round) {
        // Of large boxes only the pixels around an outline are computed.
        const int most = round % 8 == 7 ? 600 : 60;
        const int64_t size = 1 + random.below(28), height = 1 + random.below(most), width = 1 + random.below(most);
        const bool whole = round % 2 == 0;
        Array<float> masks(static_cast<size_t>(2 * size * size));
        // Plateaus exactly at the threshold, and noise.
        for (float& v : masks) v = round % 3 == 0 ? static_cast<float>(random.below(3)) / 2 : random.uniform(0, 1);
        Array<float> boxes;
        for (int b = 0; b < 2; ++b) {
            const auto scale = static_cast<float>(most);
            const float x = scale * random.uniform(-0.3f, 1), y = scale * random.uniform(-0.3f, 1);
            for (float edge : {x, y, x + scale * random.uniform(-0.02f, 0.9f), y + scale * random.uniform(0, 1.5f)}) boxes.push_back(round % 5 == 0 ? std::round(edge) : edge);
        }
        const PastedMasks pasted = paste_masks({2, size, height, width, 0.5f, whole}, masks.data(), boxes.data(), executor);
        for (size_t m = 0; m < 2; ++m) {
            const Array<uint8_t> columns = decoded(pasted, m, height * width);
            const float* box = &boxes[4 * m];
            const auto place = [&](float low, float high, int64_t pixel) {
                if (!whole) return (static_cast<float>(pixel) + 0.5f - low) / (high - low) * static_cast<float>(size) + 0.5f;
                const float half = (high - low) * 0.5f * (static_cast<float>(size + 2) / static_cast<float>(size)), centre = (high + low) * 0.5f;
                const float first = std::trunc(centre - half), last = std::trunc(centre + half);
                const float pixels = std::max(last - first + 1, 1.0f);
                const float offset = static_cast<float>(pixel) - first;
                if (offset < 0 || offset >= pixels) return -9.0f;
                return std::min(std::max(static_cast<float>(size + 2) / pixels * (offset + 0.5f) - 0.5f, 0.0f), static_cast<float>(size + 1));
            };
            for (int64_t x = 0; x < width; ++x) {
                for (int64_t y = 0; y < height; ++y) {
                    const float v = value_at(&masks[m * static_cast<size_t>(size * size)], size, place(box[1], box[3], y), place(box[0], box[2], x));
                    const bool expected = (whole || box[2] > box[0]) && (whole ? v > 0.5f : v >= 0.5f);
                    const bool received = columns[static_cast<size_t>(x * height + y)] == 1;
                    inside += received;
                    if (expected != received && std::abs(v - 0.5f) > 1e-4f) ++differing;
                }
            }
        }
    }
    EXPECT(differing == 0);
    EXPECT(inside > 10000);
}

TEST(mask_paste_of_boxes_beyond_all_pictures) {
    SerialExecutor serial;
    constexpr float kLargest = std::numeric_limits<float>::max();
    const Array<float> masks(6 * 4, 1.0f);
    const float boxes[] = {-kLargest, -kLargest, kLargest, kLargest, kLargest, 0,  kLargest, 5, -1e9f, -1e9f, 1e9f, 1e9f,
                           5,         5,         -5,       -5,       0,        -8, 4,        -2, 3,    3,     3,    3};
    for (bool whole : {false, true}) {
        const PastedMasks pasted = paste_masks({6, 2, 7, 9, 0.5f, whole}, masks.data(), boxes, serial);
        for (size_t m = 0; m < 6; ++m) decoded(pasted, m, 63);
        const Array<uint8_t> covered = decoded(pasted, 2, 63);
        EXPECT(std::count(covered.begin(), covered.end(), 1) == 63);
        const Array<uint8_t> above = decoded(pasted, 4, 63);
        EXPECT(std::count(above.begin(), above.end(), 1) == 0);
    }
    EXPECT(paste_masks({0, 2, 7, 9, 0.5f, true}, nullptr, nullptr, serial).counts.empty());
}

}  // namespace
}  // namespace icconv
