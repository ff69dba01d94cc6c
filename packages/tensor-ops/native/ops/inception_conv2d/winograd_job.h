// Plain structures between the driver and the Winograd tasks, as job.h. Winograd's F(4x4, 3x3) at any dilation: outputs dH rows and dW
// columns apart make up a plain convolution, so a tile is 4 x 4 such outputs from 6 x 6 inputs, and takes 36 products where the definition
// takes 144.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_WINOGRAD_JOB_H_
#define ICCONV_OPS_INCEPTION_CONV2D_WINOGRAD_JOB_H_

#include <cstddef>

#include "ops/conv2d/job.h"
#include "ops/inception_conv2d/job.h"

namespace icconv {

constexpr int kTileOut = conv2d_internal::kWinogradOut;
constexpr int kTileIn = conv2d_internal::kWinogradIn;
constexpr int kTilePoints = conv2d_internal::kWinogradPoints;

// Output channels of one dilation, order[first .. first+count). Weights are [kTilePoints][panels][C][16], zero past the last channel.
struct WinogradGroup {
    int dilation_h;
    int dilation_w;
    int first;
    int count;
    bool contiguous;
    size_t weights;  // Where the group begins in a packed filter.

    int panels() const { return (count + 15) / 16; }
};

// First rows and first columns of a group's tiles.
struct WinogradGrid {
    const int* rows;
    const int* columns;
    int row_count;
    int column_count;
};

// Tiles [begin, end) of a group, counted over columns, rows, images.
struct WinogradTask {
    int group;
    long begin, end;
};

struct WinogradJob {
    ConvShape shape;
    const float* x;
    const float* packed;
    const float* bias;  // [O], zeros if there is none.
    bool relu;
    float* y;
    const int* order;
    const WinogradGroup* groups;
    const WinogradGrid* grids;
};

// Workspace sizes are bytes, for so many tiles at a time.
struct WinogradLevel {
    size_t (*workspace)(const ConvShape&, const WinogradGroup&, long tiles);
    void (*run)(const WinogradJob&, const WinogradTask&, void* workspace);
    int tile_pixels;  // Of the register tile.
};

const WinogradLevel& winograd_level_portable();
const WinogradLevel& winograd_level_avx2();
const WinogradLevel& winograd_level_avx512();

}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_WINOGRAD_JOB_H_
