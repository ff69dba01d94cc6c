#include "common/strict_float.h"

#include "ops/mask_crop/mask_crop.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace icconv {
namespace {

// One sample of an axis: pixels `low` and `high`, by the shares `near` and `far`.
struct Tap {
    int64_t low, high;
    float near, far;
};

struct Axis {
    // Samples a bin, those outside of the picture included, which are 0.
    int64_t grid;
    // Of all bins, and where those of each begin, [S + 1].
    Array<Tap> taps;
    Array<size_t> begin;
};

// Bins of more pixels than this are sampled more thinly: no picture fills one.
constexpr float kMostGrid = 1 << 12;

// As torchvision's roi_align for one image, float for float.
Axis axis_of(float low, float high, int64_t length, const MaskCropParams& params) {
    const float offset = params.aligned ? 0.5f : 0.0f;
    const float start = low - offset;
    float side = high - offset - start;
    if (!params.aligned) side = std::max(side, 1.0f);
    const float bin = side / static_cast<float>(params.size);
    Axis axis;
    axis.grid = params.sampling_ratio > 0 ? params.sampling_ratio : static_cast<int64_t>(std::max(0.0f, std::min(std::ceil(bin), kMostGrid)));
    for (int64_t b = 0; b < params.size; ++b) {
        axis.begin.push_back(axis.taps.size());
        for (int64_t i = 0; i < axis.grid; ++i) {
            float at = start + static_cast<float>(b) * bin + (static_cast<float>(i) + 0.5f) * bin / static_cast<float>(axis.grid);
            if (!(at >= -1.0f && at <= static_cast<float>(length))) continue;
            at = std::max(at, 0.0f);
            int64_t first = static_cast<int64_t>(at);
            int64_t second = first + 1;
            if (first >= length - 1) {
                first = second = length - 1;
                at = static_cast<float>(first);
            }
            const float far = at - static_cast<float>(first);
            axis.taps.push_back({first, second, 1 - far, far});
        }
    }
    axis.begin.push_back(axis.taps.size());
    return axis;
}

void crop(const MaskCropParams& params, const uint8_t* bitmap, const float* roi, float* out) {
    const Axis x = axis_of(roi[0], roi[2], params.width, params);
    const Axis y = axis_of(roi[1], roi[3], params.height, params);
    const auto count = static_cast<float>(std::max<int64_t>(x.grid * y.grid, 1));
    for (size_t row = 0; row + 1 < y.begin.size(); ++row) {
        for (size_t column = 0; column + 1 < x.begin.size(); ++column) {
            float sum = 0;
            for (size_t j = y.begin[row]; j < y.begin[row + 1]; ++j) {
                const Tap& v = y.taps[j];
                for (size_t i = x.begin[column]; i < x.begin[column + 1]; ++i) {
                    const Tap& u = x.taps[i];
                    const uint8_t* left = bitmap + u.low * params.height;
                    const uint8_t* right = bitmap + u.high * params.height;
                    sum += v.near * u.near * left[v.low] + v.near * u.far * right[v.low] + v.far * u.near * left[v.high] +
                           v.far * u.far * right[v.high];
                }
            }
            const float mean = sum / count;
            *out++ = params.binary ? static_cast<float>(mean >= 0.5f) : mean;
        }
    }
}

}  // namespace

void crop_masks(const MaskCropParams& params, const int32_t* counts, const int32_t* lengths, const float* rois, const int32_t* owners,
                float* crops, Executor& executor) {
    Array<int64_t> begins(1, 0);
    for (int64_t g = 0; g < params.masks; ++g) begins.push_back(begins.back() + lengths[g]);
    executor.run(static_cast<int>(params.masks), [&](int g) {
        if (std::find(owners, owners + params.rois, g) == owners + params.rois) return;
        // Columns one after the other, as the runs go.
        Array<uint8_t> bitmap(static_cast<size_t>(params.height * params.width), 0);
        int64_t at = 0;
        for (int64_t i = 0; i < lengths[g]; ++i) {
            const int64_t run = counts[begins[static_cast<size_t>(g)] + i];
            if (i % 2 == 1) std::memset(bitmap.data() + at, 1, static_cast<size_t>(run));
            at += run;
        }
        for (int64_t r = 0; r < params.rois; ++r) {
            if (owners[r] == g) crop(params, bitmap.data(), rois + 4 * r, crops + r * params.size * params.size);
        }
    });
}

}  // namespace icconv
