// The register tile of a sum of outer products: c[r][o] (+)= sum over k of a[k][r] * b[k][o], for some rows r and one or two panels of 16
// channels o. Included after a lanes_*.h.
#ifndef ICCONV_OPS_CONV2D_TRAINING_OUTER_TILE_H_
#define ICCONV_OPS_CONV2D_TRAINING_OUTER_TILE_H_

#include <cstddef>

#include "ops/conv2d/register_tile.h"

namespace icconv {
namespace {

struct OuterTile {
    const float* a;
    ptrdiff_t a_stride;
    const float* b;  // Whole vectors are read.
    ptrdiff_t b_stride;
    int steps;
    float* c;
    ptrdiff_t c_stride;
    bool add;
    int channels;  // Of c, at most those of the panels.
};

template <int kRows, int kPanels>
void outer_tile(const OuterTile& tile) {
    using V = Lanes::Vector;
    constexpr int kVectors = kPanels * kPanel / Lanes::kCount;
    const bool whole = tile.channels == kPanels * kPanel;
    V sum[kRows][kVectors];
    ICCONV_UNROLL
    for (int r = 0; r < kRows; ++r) {
        ICCONV_UNROLL
        for (int v = 0; v < kVectors; ++v) sum[r][v] = Lanes::zero();
        ICCONV_UNROLL
        for (int panel = 0; panel < kPanels; ++panel) prefetch_line(tile.c + r * tile.c_stride + panel * kPanel);
    }
    const float* a = tile.a;
    const float* b = tile.b;
    const ptrdiff_t a_stride = tile.a_stride;
    const ptrdiff_t b_stride = tile.b_stride;
    for (int k = tile.steps; k > 0; --k) {
        V right[kVectors];
        ICCONV_UNROLL
        for (int v = 0; v < kVectors; ++v) right[v] = Lanes::load(b + v * Lanes::kCount);
        ICCONV_UNROLL
        for (int r = 0; r < kRows; ++r) {
            V left = Lanes::set1(a[r]);
            Lanes::pin(left);
            ICCONV_UNROLL
            for (int v = 0; v < kVectors; ++v) sum[r][v] = Lanes::fmadd(right[v], left, sum[r][v]);
        }
        a += a_stride;
        b += b_stride;
    }
    ICCONV_UNROLL
    for (int r = 0; r < kRows; ++r) {
        ICCONV_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            float* const to = tile.c + r * tile.c_stride + v * Lanes::kCount;
            if (whole) {
                Lanes::store(to, tile.add ? Lanes::add(sum[r][v], Lanes::load(to)) : sum[r][v]);
                continue;
            }
            const int left = tile.channels - v * Lanes::kCount;
            if (left <= 0) continue;
            const int n = left < Lanes::kCount ? left : Lanes::kCount;
            Lanes::store_first(to, n, tile.add ? Lanes::add(sum[r][v], Lanes::load_first(to, n)) : sum[r][v]);
        }
    }
}

using RunOuterTile = void (*)(const OuterTile&);

struct OuterTiles {
    RunOuterTile run[Lanes::kTilePanels][Lanes::kTilePixels];
};

template <int kRows, int kPanels>
constexpr void fill_outer_tiles(OuterTiles& tiles) {
    tiles.run[kPanels - 1][kRows - 1] = outer_tile<kRows, kPanels>;
    if constexpr (kRows > 1) {
        fill_outer_tiles<kRows - 1, kPanels>(tiles);
    } else if constexpr (kPanels > 1) {
        fill_outer_tiles<Lanes::kTilePixels, kPanels - 1>(tiles);
    }
}

inline const OuterTiles& outer_tiles() {
    static const OuterTiles tiles = [] {
        OuterTiles all{};
        fill_outer_tiles<Lanes::kTilePixels, Lanes::kTilePanels>(all);
        return all;
    }();
    return tiles;
}

// Output channels of the widest register tile.
constexpr int kTileChannels = Lanes::kTilePanels * kPanel;

// c [rows][channels] from a [steps][rows] and b [steps][channels]: a pair of panels of b stays in the level-1 cache while all rows pass by it.
inline void outer_product(OuterTile tile, int rows, int channels) {
    const OuterTiles& tiles = outer_tiles();
    for (int channel = 0; channel < channels; channel += kTileChannels) {
        OuterTile part = tile;
        part.b += channel;
        part.channels = min_of(channels - channel, kTileChannels);
        const int panels = (part.channels + kPanel - 1) / kPanel;
        for_tiles(rows, [&](int begin, int count) {
            part.a = tile.a + begin;
            part.c = tile.c + begin * tile.c_stride + channel;
            tiles.run[panels - 1][count - 1](part);
        });
    }
}

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_TRAINING_OUTER_TILE_H_
