// The table of one SIMD level. Included last, after a lanes_*.h, by the one file that is compiled for that level.
#ifndef ICCONV_OPS_KEYPOINT_GROUPING_MAP_SCAN_LEVEL_H_
#define ICCONV_OPS_KEYPOINT_GROUPING_MAP_SCAN_LEVEL_H_

#include <algorithm>
#include <limits>

#include "common/memory.h"
#include "ops/keypoint_grouping/map_scan.h"

namespace icconv::grouping_internal {
namespace {

using Vector = Lanes::Vector;
constexpr int kCount = Lanes::kCount;

inline Vector load_up_to(const float* p, int64_t n) { return n >= kCount ? Lanes::load(p) : Lanes::load_first(p, static_cast<int>(n)); }

// A lane is set where the difference of a value with itself was no zero.
inline bool all_zero(Vector a) {
    float lanes[kCount];
    Lanes::store(lanes, a);
    return std::all_of(lanes, lanes + kCount, [](float v) { return v == 0; });
}

// Column by column over the rows of each band, then over the columns of each block.
template <bool kLow>
bool extremes(const float* map, MapSize size, float* low, float* high) {
    const int64_t columns = size.columns();
    Array<float> lowest(static_cast<size_t>(kLow ? columns * kBlock : 0));
    Array<float> highest(static_cast<size_t>(columns * kBlock));
    Vector bad = Lanes::set1(0);
    for (int64_t y = 0; y < size.height; ++y) {
        const float* row = map + y * size.width;
        const bool first = y % kBlock == 0;
        for (int64_t x = 0; x < size.width; x += kCount) {
            const Vector v = load_up_to(row + x, size.width - x);
            bad = Lanes::add(bad, Lanes::sub(v, v));
            float* top = highest.data() + x;
            Lanes::store(top, first ? v : Lanes::max(v, Lanes::load(top)));
            if (kLow) {
                float* bottom = lowest.data() + x;
                Lanes::store(bottom, first ? v : Lanes::min(v, Lanes::load(bottom)));
            }
        }
        if (y % kBlock != kBlock - 1 && y != size.height - 1) continue;
        for (int64_t c = 0; c < columns; ++c) {
            const int64_t block = y / kBlock * columns + c;
            float reduced[kCount];
            Vector v = Lanes::load(highest.data() + c * kBlock);
            for (int64_t i = kCount; i < kBlock; i += kCount) v = Lanes::max(v, Lanes::load(highest.data() + c * kBlock + i));
            Lanes::store(reduced, v);
            high[block] = *std::max_element(reduced, reduced + kCount);
            if (!kLow) continue;
            v = Lanes::load(lowest.data() + c * kBlock);
            for (int64_t i = kCount; i < kBlock; i += kCount) v = Lanes::min(v, Lanes::load(lowest.data() + c * kBlock + i));
            Lanes::store(reduced, v);
            low[block] = *std::min_element(reduced, reduced + kCount);
        }
    }
    return all_zero(bad);
}

bool highest(const float* map, MapSize size, float* high) { return extremes<false>(map, size, nullptr, high); }
bool range(const float* map, MapSize size, float* low, float* high) { return extremes<true>(map, size, low, high); }

bool is_largest(const float* map, MapSize size, int64_t y, int64_t x, int64_t radius) {
    const float value = map[y * size.width + x];
    const int64_t left = std::max<int64_t>(0, x - radius);
    const int64_t right = std::min(size.width - 1, x + radius);
    const int64_t bottom = std::min(size.height - 1, y + radius);
    // Its own row first: most are decided there.
    for (int64_t u = left; u <= right; ++u) {
        if (map[y * size.width + u] > value) return false;
    }
    for (int64_t v = std::max<int64_t>(0, y - radius); v <= bottom; ++v) {
        for (int64_t u = left; u <= right; ++u) {
            if (map[v * size.width + u] > value) return false;
        }
    }
    return true;
}

void peaks(const float* map, MapSize size, const float* high, float threshold, int64_t radius, Array<int32_t>& found) {
    const Vector limit = Lanes::set1(threshold);
    const int64_t columns = size.columns();
    for (int64_t block = 0; block < size.blocks(); ++block) {
        if (!(high[block] > threshold)) continue;
        const int64_t top = block / columns * kBlock;
        const int64_t left = block % columns * kBlock;
        const int64_t bottom = std::min(size.height, top + kBlock);
        const int64_t right = std::min(size.width, left + kBlock);
        for (int64_t y = top; y < bottom; ++y) {
            const float* row = map + y * size.width;
            // Neighbours above and below decide most pixels without a look at the window.
            const float* above = y > 0 && radius > 0 ? row - size.width : row;
            const float* below = y + 1 < size.height && radius > 0 ? row + size.width : row;
            for (int64_t x = left; x < right; x += kCount) {
                const Vector v = load_up_to(row + x, right - x);
                uint32_t set = Lanes::greater(v, limit);
                if (set == 0) continue;
                set &= Lanes::at_least(v, load_up_to(above + x, right - x)) & Lanes::at_least(v, load_up_to(below + x, right - x));
                for (; set != 0; set &= set - 1) {
                    const int64_t at = x + __builtin_ctz(set);
                    if (is_largest(map, size, y, at, radius)) found.push_back(static_cast<int32_t>(y * size.width + at));
                }
            }
        }
    }
}

// Every step rounds monotonously, so that the bound of the nearest tags of a block holds for the rounded score of each pixel.
void bounds(const float* high, const float* const* tag_low, const float* const* tag_high, const float* mean, int64_t tag_size, int64_t blocks,
            float* bound) {
    for (int64_t b = 0; b < blocks; b += kCount) {
        Vector squares = Lanes::set1(0);
        for (int64_t t = 0; t < tag_size; ++t) {
            const Vector m = Lanes::set1(mean[t]);
            const Vector outside = Lanes::max(Lanes::sub(Lanes::load(tag_low[t] + b), m), Lanes::sub(m, Lanes::load(tag_high[t] + b)));
            const Vector d = Lanes::max(outside, Lanes::set1(0));
            squares = Lanes::add(squares, Lanes::mul(d, d));
        }
        Lanes::store(bound + b, Lanes::sub(Lanes::load(high + b), Lanes::round(Lanes::sqrt(squares))));
    }
}

template <int kTags>
void search_tags(const float* heat, const float* const* tags, const float* mean, int64_t tag_size, MapSize size, int64_t block, BestPixel& best) {
    const int64_t top = block / size.columns() * kBlock;
    const int64_t left = block % size.columns() * kBlock;
    const int64_t bottom = std::min(size.height, top + kBlock);
    const int64_t right = std::min(size.width, left + kBlock);
    const int64_t count = kTags > 0 ? kTags : tag_size;
    for (int64_t y = top; y < bottom; ++y) {
        for (int64_t x = left; x < right; x += kCount) {
            const int64_t index = y * size.width + x;
            const int64_t n = right - x;
            const uint32_t lanes = n >= kCount ? ~0u : (1u << n) - 1;
            const bool before = index < best.index;
            const Vector limit = Lanes::set1(best.score);
            const auto better = [&](Vector v) { return lanes & (before ? Lanes::at_least(v, limit) : Lanes::greater(v, limit)); };
            const Vector h = load_up_to(heat + index, n);
            // A distance only takes away.
            if (better(h) == 0) continue;
            Vector squares = Lanes::set1(0);
            for (int64_t t = 0; t < count; ++t) {
                const Vector d = Lanes::sub(load_up_to(tags[t] + index, n), Lanes::set1(mean[t]));
                squares = Lanes::add(squares, Lanes::mul(d, d));
            }
            const Vector score = Lanes::sub(h, Lanes::round(Lanes::sqrt(squares)));
            uint32_t set = better(score);
            if (set == 0) continue;
            float scores[kCount];
            Lanes::store(scores, score);
            for (; set != 0; set &= set - 1) {
                const int lane = __builtin_ctz(set);
                const bool wins = scores[lane] > best.score || (scores[lane] == best.score && index + lane < best.index);
                if (wins) best = {scores[lane], index + lane};
            }
        }
    }
}

void search(const float* heat, const float* const* tags, const float* mean, int64_t tag_size, MapSize size, int64_t block, BestPixel& best) {
    const auto run = tag_size == 1 ? search_tags<1> : tag_size == 2 ? search_tags<2> : search_tags<0>;
    run(heat, tags, mean, tag_size, size, block, best);
}

constexpr MapScan kMapScan = {highest, range, peaks, bounds, search};

}  // namespace
}  // namespace icconv::grouping_internal

#endif  // ICCONV_OPS_KEYPOINT_GROUPING_MAP_SCAN_LEVEL_H_
