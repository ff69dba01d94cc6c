// What the dispatcher of the filter's gradient hands to the code of a SIMD level.
#ifndef ICCONV_OPS_CONV2D_TRAINING_JOB_H_
#define ICCONV_OPS_CONV2D_TRAINING_JOB_H_

#include <cstddef>

#include "ops/conv2d/job.h"

namespace icconv {
namespace conv2d_training_internal {

using conv2d_internal::Shape;

// Pixels at a time: two panels of gradients and a tile of inputs, 128 of each, fit into a level-1 cache of 32 KiB.
constexpr int kPixelStep = 128;

// dfilter[k, o] = sum over output pixels p of row_p[k] * dy[p, o], row_p what pixel p sees: tap row, tap column, input channel.
struct FilterJob {
    Shape shape;
    const float* x;
    const float* dy;
    // Of each part of the pixels, [reduction][O]; the first one's is the result.
    float* const* sums;
};

// Rows of the reduction and output channels of one part of the pixels. The channels begin at a multiple of a pair of panels.
struct FilterTask {
    long pixel0, pixel1;
    int part;
    int row0, row1;
    int channel0, channel1;
};

// Winograd: some tiles of 4 x 4 outputs at a time, transformed into 36 planes of [tiles][channels], then multiplied point by point.
struct WinogradFilterJob {
    Shape shape;
    const float* x;
    const float* dy;
    long first;  // Tile.
    int tiles;
    // Floats from a tile to the next and from a point to the next.
    ptrdiff_t in_stride, in_plane, out_stride, out_plane;
    float* in;
    float* out;
    float* products;  // [36][C][O]
    bool add;         // To what `products` holds.
    float* dfilter;
};

// Of one point.
struct ProductTask {
    int point;
    int row0, row1;
    int channel0, channel1;
};

struct Level {
    size_t (*direct_workspace)(const FilterJob&, const FilterTask&);  // Bytes.
    void (*direct)(const FilterJob&, const FilterTask&, void* workspace);
    void (*transform)(const WinogradFilterJob&, int begin, int end);  // Tiles, counted from the first.
    void (*multiply)(const WinogradFilterJob&, const ProductTask&);
    void (*finish)(const WinogradFilterJob&, int begin, int end);  // Input channels.
    int tile_rows;      // Of the register tile.
    int tile_channels;
};

const Level& level_portable();
const Level& level_avx2();
const Level& level_avx512();

// An odd number of cache lines, so that rows below one another lie in different sets of the level-1 cache.
inline ptrdiff_t odd_lines(int floats) { return ((floats + 15) / 16 | 1) * 16; }

}  // namespace conv2d_training_internal
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_TRAINING_JOB_H_
