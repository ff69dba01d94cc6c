// The register tile of the filter gradient: input channels in lanes, a few output channels of one dilation broadcast, summed
// over pixels.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_FILTER_TILE_H_
#define ICCONV_OPS_INCEPTION_CONV2D_FILTER_TILE_H_

#include "ops/inception_conv2d/tiles.h"

namespace icconv {
namespace {

// One row of pixels of one tap, for several rows.
struct FilterRow {
    const float* x;
    const float* dy;
};

struct FilterTile {
    const FilterRow* rows;
    int row_count;
    ptrdiff_t x_offset;
    int pixels;
    ptrdiff_t x_stride;   // From output pixel to output pixel.
    ptrdiff_t dy_stride;
    float* sums;          // [kChannels][sum_stride], added to.
    ptrdiff_t sum_stride;
};

template <int kChannels, int kVectors>
void filter_tile(const FilterTile& tile) {
    using V = Lanes::Vector;
    V sum[kChannels][kVectors];
    ICCONV_UNROLL
    for (int c = 0; c < kChannels; ++c) {
        ICCONV_UNROLL
        for (int v = 0; v < kVectors; ++v) sum[c][v] = Lanes::load(tile.sums + c * tile.sum_stride + v * Lanes::kCount);
    }
    for (int r = 0; r < tile.row_count; ++r) {
        const float* x = tile.rows[r].x + tile.x_offset;
        const float* dy = tile.rows[r].dy;
        for (int p = tile.pixels; p > 0; --p, x += tile.x_stride, dy += tile.dy_stride) {
            V in[kVectors];
            ICCONV_UNROLL
            for (int v = 0; v < kVectors; ++v) {
                in[v] = Lanes::loadu(x + v * Lanes::kCount);
                Lanes::pin(in[v]);
            }
            ICCONV_UNROLL
            for (int c = 0; c < kChannels; ++c) {
                const V d = Lanes::set1(dy[c]);
                ICCONV_UNROLL
                for (int v = 0; v < kVectors; ++v) sum[c][v] = Lanes::fmadd(d, in[v], sum[c][v]);
            }
        }
    }
    ICCONV_UNROLL
    for (int c = 0; c < kChannels; ++c) {
        ICCONV_UNROLL
        for (int v = 0; v < kVectors; ++v) Lanes::store(tile.sums + c * tile.sum_stride + v * Lanes::kCount, sum[c][v]);
    }
}

using FilterTileFunction = void (*)(const FilterTile&);

template <int kChannels, int kVectors>
struct FilterTiles {
    static void fill(FilterTileFunction* table) {
        table[kVectors - 1] = filter_tile<kChannels, kVectors>;
        FilterTiles<kChannels, kVectors - 1>::fill(table);
    }
};
template <int kChannels>
struct FilterTiles<kChannels, 0> {
    static void fill(FilterTileFunction*) {}
};

struct FilterTileTable {
    FilterTileFunction tile[6][Lanes::kFilterVectors[0]];
    FilterTileTable() {
        FilterTiles<1, Lanes::kFilterVectors[0]>::fill(tile[0]);
        FilterTiles<2, Lanes::kFilterVectors[1]>::fill(tile[1]);
        FilterTiles<3, Lanes::kFilterVectors[2]>::fill(tile[2]);
        FilterTiles<4, Lanes::kFilterVectors[3]>::fill(tile[3]);
        FilterTiles<5, Lanes::kFilterVectors[4]>::fill(tile[4]);
        FilterTiles<6, Lanes::kFilterVectors[5]>::fill(tile[5]);
    }
};

inline const FilterTileTable& filter_tile_table() {
    static const FilterTileTable table;
    return table;
}

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_FILTER_TILE_H_
