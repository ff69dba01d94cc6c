// The two register tiles that do nearly all of the arithmetic. Included after a lanes_*.h.
//
// Both walk segments: runs of reduction indices (one tap, consecutive channels) whose inputs begin at one place.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_TILES_H_
#define ICCONV_OPS_INCEPTION_CONV2D_TILES_H_

#include <cstddef>

#include "ops/inception_conv2d/job.h"

#if defined(__clang__)
#define ICCONV_UNROLL _Pragma("unroll")
#else
#define ICCONV_UNROLL _Pragma("GCC unroll 32")
#endif

namespace icconv {
namespace {

struct Segment {
    ptrdiff_t input;    // Offset from the tile's base, in floats.
    ptrdiff_t weights;  // Offset of the first weight, in floats.
    int length;
};

// Output channels in lanes: kVectors vectors of them by kPixels pixels, weights from memory, inputs broadcast.
struct WideTile {
    const float* base;
    ptrdiff_t pixel_stride;
    const Segment* segments;
    int segment_count;
    const float* weights;
    ptrdiff_t weight_stride;
    float* out;
    ptrdiff_t out_stride;
    const float* start;  // What each pixel begins with; null: what `out` holds.
    bool relu;
};

template <int kPixels, int kVectors>
void wide_tile(const WideTile& tile) {
    using V = Lanes::Vector;
    V sum[kPixels][kVectors];
    ICCONV_UNROLL
    for (int p = 0; p < kPixels; ++p) {
        const float* start = tile.start != nullptr ? tile.start : tile.out + p * tile.out_stride;
        ICCONV_UNROLL
        for (int v = 0; v < kVectors; ++v) sum[p][v] = Lanes::loadu(start + v * Lanes::kCount);
    }
    const ptrdiff_t stride = tile.pixel_stride;
    const ptrdiff_t weight_stride = tile.weight_stride;
    for (int s = 0; s < tile.segment_count; ++s) {
        const float* input = tile.base + tile.segments[s].input;
        const float* weights = tile.weights + tile.segments[s].weights;
        const float* const end = input + tile.segments[s].length;
        for (; input != end; ++input, weights += weight_stride) {
            V w[kVectors];
            ICCONV_UNROLL
            for (int v = 0; v < kVectors; ++v) w[v] = Lanes::loadu(weights + v * Lanes::kCount);
            ICCONV_UNROLL
            for (int p = 0; p < kPixels; ++p) {
                V x = Lanes::set1(input[p * stride]);
                if (kVectors > 1) Lanes::pin(x);
                ICCONV_UNROLL
                for (int v = 0; v < kVectors; ++v) sum[p][v] = Lanes::fmadd(w[v], x, sum[p][v]);
            }
        }
    }
    ICCONV_UNROLL
    for (int p = 0; p < kPixels; ++p) {
        ICCONV_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            const V a = tile.relu ? Lanes::relu(sum[p][v]) : sum[p][v];
            Lanes::storeu(tile.out + p * tile.out_stride + v * Lanes::kCount, a);
        }
    }
}

// Pixels in lanes: kChannels output channels by kVectors neighbouring vectors of pixels, laid out as LanePlanes has them; inputs
// from memory, weights broadcast.
struct NarrowTile {
    const float* base;
    const Segment* segments;
    int segment_count;
    const float* weights;  // [reduction index][kChannels]
    float* out;
    ptrdiff_t out_stride;  // From channel to channel.
    bool first;            // Begin with zero rather than with what `out` holds.
};

// Dilations (over the stride) for which there are sweep tiles: those of the published patterns.
constexpr int kMaxSweepShift = 6;

template <int kChannels, int kVectors>
void narrow_tile(const NarrowTile& tile) {
    using V = Lanes::Vector;
    V sum[kChannels][kVectors];
    if (tile.first) {
        ICCONV_UNROLL
        for (int c = 0; c < kChannels; ++c) {
            ICCONV_UNROLL
            for (int v = 0; v < kVectors; ++v) sum[c][v] = Lanes::zero();
        }
    } else {
        ICCONV_UNROLL
        for (int c = 0; c < kChannels; ++c) {
            ICCONV_UNROLL
            for (int v = 0; v < kVectors; ++v) sum[c][v] = Lanes::load(tile.out + c * tile.out_stride + v * Lanes::kCount);
        }
    }
    constexpr ptrdiff_t kNext = kChannelRun * Lanes::kCount;
    for (int s = 0; s < tile.segment_count; ++s) {
        const float* input = tile.base + tile.segments[s].input;
        const float* weights = tile.weights + tile.segments[s].weights;
        for (int left = tile.segments[s].length; left > 0; --left, input += Lanes::kCount, weights += kChannels) {
            // The smaller side stays in registers, so that 16 registers are enough for AVX2's tiles.
            if constexpr (kChannels <= kVectors) {
                V w[kChannels];
                ICCONV_UNROLL
                for (int c = 0; c < kChannels; ++c) w[c] = Lanes::set1(weights[c]);
                ICCONV_UNROLL
                for (int v = 0; v < kVectors; ++v) {
                    V x = Lanes::load(input + v * kNext);
                    if (kChannels > 1) Lanes::pin(x);
                    ICCONV_UNROLL
                    for (int c = 0; c < kChannels; ++c) sum[c][v] = Lanes::fmadd(w[c], x, sum[c][v]);
                }
            } else {
                V x[kVectors];
                ICCONV_UNROLL
                for (int v = 0; v < kVectors; ++v) {
                    x[v] = Lanes::load(input + v * kNext);
                    Lanes::pin(x[v]);
                }
                ICCONV_UNROLL
                for (int c = 0; c < kChannels; ++c) {
                    const V w = Lanes::set1(weights[c]);
                    ICCONV_UNROLL
                    for (int v = 0; v < kVectors; ++v) sum[c][v] = Lanes::fmadd(w, x[v], sum[c][v]);
                }
            }
        }
    }
    ICCONV_UNROLL
    for (int c = 0; c < kChannels; ++c) {
        ICCONV_UNROLL
        for (int v = 0; v < kVectors; ++v) Lanes::store(tile.out + c * tile.out_stride + v * Lanes::kCount, sum[c][v]);
    }
}

// A narrow tile of a single channel with a 3 x 3 kernel. One load an arithmetic instruction would starve it, so it takes the three
// taps of a kernel row at once and loads each input vector once for them. Segments are (run of channels, kernel row), beginning
// at the leftmost tap; kShift: vectors from tap to tap.
template <int kVectors, int kShift>
void sweep_tile(const NarrowTile& tile) {
    using V = Lanes::Vector;
    constexpr ptrdiff_t kNext = kChannelRun * Lanes::kCount;
    V sum[kVectors];
    ICCONV_UNROLL
    for (int v = 0; v < kVectors; ++v) sum[v] = tile.first ? Lanes::zero() : Lanes::load(tile.out + v * Lanes::kCount);
    for (int s = 0; s < tile.segment_count; ++s) {
        const float* input = tile.base + tile.segments[s].input;
        const float* weights = tile.weights + tile.segments[s].weights;
        const int length = tile.segments[s].length;
        for (int left = length; left > 0; --left, input += Lanes::kCount, ++weights) {
            const V w[3] = {Lanes::set1(weights[0]), Lanes::set1(weights[length]), Lanes::set1(weights[2 * length])};
            ICCONV_UNROLL
            for (int t = 0; t < kVectors + 2 * kShift; ++t) {
                V x = Lanes::load(input + t * kNext);
                Lanes::pin(x);
                ICCONV_UNROLL
                for (int tap = 0; tap < 3; ++tap) {
                    const int v = t - tap * kShift;
                    if (v >= 0 && v < kVectors) sum[v] = Lanes::fmadd(w[tap], x, sum[v]);
                }
            }
        }
    }
    ICCONV_UNROLL
    for (int v = 0; v < kVectors; ++v) Lanes::store(tile.out + v * Lanes::kCount, sum[v]);
}

using WideTileFunction = void (*)(const WideTile&);
using NarrowTileFunction = void (*)(const NarrowTile&);

// Tables of the tiles by size: entry [n - 1] has n pixels or vectors. Built by recursion over n.
template <int kVectors, int kPixels>
struct WideTiles {
    static void fill(WideTileFunction* table) {
        table[kPixels - 1] = wide_tile<kPixels, kVectors>;
        WideTiles<kVectors, kPixels - 1>::fill(table);
    }
};
template <int kVectors>
struct WideTiles<kVectors, 0> {
    static void fill(WideTileFunction*) {}
};

template <int kChannels, int kVectors>
struct NarrowTiles {
    static void fill(NarrowTileFunction* table) {
        table[kVectors - 1] = narrow_tile<kChannels, kVectors>;
        NarrowTiles<kChannels, kVectors - 1>::fill(table);
    }
};
template <int kChannels>
struct NarrowTiles<kChannels, 0> {
    static void fill(NarrowTileFunction*) {}
};

template <int kVectors, int kShift>
struct SweepTiles {
    static void fill(NarrowTileFunction (*table)[kMaxSweepShift]) {
        table[kVectors - 1][kShift - 1] = sweep_tile<kVectors, kShift>;
        SweepTiles<kShift == 1 ? kVectors - 1 : kVectors, kShift == 1 ? kMaxSweepShift : kShift - 1>::fill(table);
    }
};
template <>
struct SweepTiles<0, kMaxSweepShift> {
    static void fill(NarrowTileFunction (*)[kMaxSweepShift]) {}
};

struct TileTables {
    WideTileFunction wide[2][Lanes::kWidePixels[0]];
    NarrowTileFunction narrow[5][Lanes::kNarrowVectors[0]];
    NarrowTileFunction sweep[Lanes::kSweepVectors][kMaxSweepShift];

    TileTables() {
        WideTiles<1, Lanes::kWidePixels[0]>::fill(wide[0]);
        WideTiles<2, Lanes::kWidePixels[1]>::fill(wide[1]);
        SweepTiles<Lanes::kSweepVectors, kMaxSweepShift>::fill(sweep);
        NarrowTiles<1, Lanes::kNarrowVectors[0]>::fill(narrow[0]);
        NarrowTiles<2, Lanes::kNarrowVectors[1]>::fill(narrow[1]);
        NarrowTiles<3, Lanes::kNarrowVectors[2]>::fill(narrow[2]);
        NarrowTiles<4, Lanes::kNarrowVectors[3]>::fill(narrow[3]);
        NarrowTiles<5, Lanes::kNarrowVectors[4]>::fill(narrow[4]);
    }
};

inline const TileTables& tile_tables() {
    static const TileTables tables;
    return tables;
}

// Cuts n things into the fewest parts of at most `most`, as equal as possible; gives part i's begin (of i = parts: n).
inline int parts_of(int n, int most) { return (n + most - 1) / most; }
inline int part_begin(int n, int parts, int i) { return static_cast<int>(static_cast<long>(n) * i / parts); }

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_TILES_H_
