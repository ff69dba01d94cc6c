// Weights of a one-dimensional resampling, for maps without rotation or shear.
#ifndef ICCONV_OPS_IMAGE_BATCH_RESAMPLING_H_
#define ICCONV_OPS_IMAGE_BATCH_RESAMPLING_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "common/memory.h"

namespace icconv::image_batch_detail {

// Rounding must not push the outermost centres of a plain resize out of the picture.
constexpr double kSlack = 1e-6;

// Output positions [inside_begin, inside_end) of the window map into the source; the others get the fill colour.
struct Axis {
    // Of each position inside, bilinear without antialiasing.
    Array<int32_t> first, second;
    Array<float> weight;
    // With antialiasing: position p adds weights[offset[p] + k] * source[start[p] + k], k < offset[p + 1] - offset[p].
    Array<int32_t> start;
    Array<int64_t> offset;
    Array<float> weights;
    bool wide = false;
    int64_t inside_begin = 0;
    int64_t inside_end = 0;
};

// Output positions begin..end (exclusive) of a window, source coordinate scale * (position + 0.5) + shift, source of `size` pixels.
inline Axis make_axis(int64_t begin, int64_t end, double scale, double shift, int64_t size, bool antialias) {
    Axis axis;
    const auto at = [&](int64_t position) { return scale * (static_cast<double>(position) + 0.5) + shift; };
    const auto inside = [&](int64_t position) { return at(position) >= -kSlack && at(position) <= static_cast<double>(size) + kSlack; };
    int64_t from = begin;
    while (from < end && !inside(from)) ++from;
    int64_t to = from;
    while (to < end && inside(to)) ++to;
    axis.inside_begin = from;
    axis.inside_end = to;
    axis.wide = antialias && std::abs(scale) > 1;
    const double support = std::abs(scale);
    axis.offset.push_back(0);
    for (int64_t position = from; position < to; ++position) {
        const double centre = at(position);
        if (axis.wide) {
            // Pillow's triangle: source pixels whose centre is nearer than `support`, weights normalised.
            // As doubles first: a scale may be any.
            const auto pixel = [&](double place) { return static_cast<int64_t>(std::clamp(place, 0.0, static_cast<double>(size))); };
            const int64_t low = pixel(centre - support + 0.5);
            const int64_t high = pixel(centre + support + 0.5);
            double sum = 0;
            for (int64_t i = low; i < high; ++i) sum += std::max(0.0, 1 - std::abs((static_cast<double>(i) + 0.5 - centre) / support));
            axis.start.push_back(static_cast<int32_t>(low));
            for (int64_t i = low; i < high; ++i) {
                axis.weights.push_back(static_cast<float>(std::max(0.0, 1 - std::abs((static_cast<double>(i) + 0.5 - centre) / support)) / sum));
            }
            axis.offset.push_back(static_cast<int64_t>(axis.weights.size()));
            continue;
        }
        const double index = std::min(std::max(centre - 0.5, 0.0), static_cast<double>(size - 1));
        const int32_t low = static_cast<int32_t>(index);
        axis.first.push_back(low);
        axis.second.push_back(static_cast<int32_t>(std::min<int64_t>(low + 1, size - 1)));
        axis.weight.push_back(static_cast<float>(index - low));
    }
    return axis;
}

// OpenCV 4's warpAffine (imgproc/src/imgwarp.cpp, WarpAffineInvoker) computes positions as whole numbers: what the output's column adds,
// and what its row and the shift add together, are each rounded to 1/1024 of a pixel, their sum to 1/32, halves upwards.
constexpr double kWarpScale = 1024;
constexpr int64_t kWarpHalf = 16;
constexpr int kWarpShift = 5;
constexpr int64_t kWarpSteps = 32;

// Saturated far from any picture's size and far below overflow.
inline int64_t warp_fixed(double position) {
    constexpr double kMost = 1099511627776.0;  // 2^40
    // In this order no number at all becomes -kMost too.
    return static_cast<int64_t>(std::nearbyint(std::min(std::max(-kMost, position * kWarpScale), kMost)));
}

// The axis of a warp: pixels -1 and `size` are of the fill colour, and positions that only see the fill are not inside.
inline Axis make_warp_axis(int64_t begin, int64_t end, double scale, double shift, int64_t size, bool rows) {
    // Rounding has a direction. A mirrored map gives the mirror image of the map that is not.
    const bool mirrored = scale < 0;
    if (mirrored) {
        shift += scale * static_cast<double>(begin + end);
        scale = -scale;
    }
    const double origin = shift + 0.5 * scale - 0.5;
    const int64_t fixed_origin = warp_fixed(origin);
    const auto at = [&](int64_t position) {
        const double step = scale * static_cast<double>(position);
        return ((rows ? warp_fixed(step + origin) : warp_fixed(step) + fixed_origin) + kWarpHalf) >> kWarpShift;
    };
    int64_t from = begin;
    while (from < end && at(from) < -kWarpSteps) ++from;
    int64_t to = from;
    while (to < end && at(to) < size * kWarpSteps) ++to;
    Axis axis;
    for (int64_t position = from; position < to; ++position) {
        const int64_t steps = at(position);
        axis.first.push_back(static_cast<int32_t>(steps >> kWarpShift));
        axis.second.push_back(axis.first.back() + 1);
        axis.weight.push_back(static_cast<float>(steps & (kWarpSteps - 1)) / kWarpSteps);
    }
    axis.inside_begin = mirrored ? begin + end - to : from;
    axis.inside_end = mirrored ? begin + end - from : to;
    if (mirrored) {
        std::reverse(axis.first.begin(), axis.first.end());
        std::reverse(axis.second.begin(), axis.second.end());
        std::reverse(axis.weight.begin(), axis.weight.end());
    }
    return axis;
}

}  // namespace icconv::image_batch_detail

#endif  // ICCONV_OPS_IMAGE_BATCH_RESAMPLING_H_
