// What the dispatcher hands to the code of a SIMD level.
#ifndef ICCONV_OPS_DILATION_ERRORS_JOB_H_
#define ICCONV_OPS_DILATION_ERRORS_JOB_H_

#include <cstddef>

#include "ops/conv2d/job.h"
#include "ops/dilation_errors/dilation_errors.h"

namespace icconv {
namespace dilation_errors_internal {

using conv2d_internal::ceil_div;
using conv2d_internal::kPanel;
using conv2d_internal::kReductionStep;

// A tap of the super-kernel, by its offset from the centre.
struct Tap {
    int row, column;
};

// A part of the reduction: some taps of one class, and of them the input channels [c0, c1) of a block. The taps at the distances (a, b) from
// the centre are a class: 1, 2 or 4 of them. A dilation keeps whole classes.
struct Step {
    int tap_class;  // a * (reach + 1) + b
    Tap taps[4];
    int count;
    int c0, c1;
    bool add;  // Not the first of its class.

    int reduction() const { return count * (c1 - c0); }
};

struct Job {
    DilationErrorsParams params;
    // [N][padded_h][padded_w][pixel_stride]: the input between zeros as wide as the reach. Pixels are an odd number of cache lines apart:
    // those of a tile then lie in different sets of the level-1 cache.
    const float* x;
    int pixel_stride;
    const float* filter;
    float* y;
    // [pieces][D * D + 1][channels()]: sums over the pixels of a piece; the last row is that of |y|.
    float* sums;
    // Groups merged until their outputs fill a panel, as in conv2d.
    int blocks, block_in, block_out;
    const Step* steps;
    int step_count;
    int most_reduction;  // Of a step.
    int parts;           // Tiles of a row.

    int class_count() const { return (params.reach() + 1) * (params.reach() + 1); }
    int panels() const { return (block_out + kPanel - 1) / kPanel; }
    int channels() const { return blocks * panels() * kPanel; }
    int padded_h() const { return params.in_h + 2 * params.reach(); }
    int padded_w() const { return params.in_w + 2 * params.reach(); }
};

// A row of the map is cut into `parts` tiles of about equal length, which the register tile takes whole.
struct Task {
    long tile0, tile1;   // Of all images, counted in memory order.
    long begin, end;     // Their output pixels.
    int piece;
    int block;
    int panel0, panel1;
};

// Where the tiles of a row begin.
inline int tile_begin(const Job& job, int part) { return static_cast<int>(static_cast<long>(job.params.out_w()) * part / job.parts); }

struct Level {
    size_t (*workspace)(const Job&, const Task&);  // Bytes.
    void (*run)(const Job&, const Task&, void* workspace);
    int tile_pixels;  // Of the register tile.
};

const Level& level_portable();
const Level& level_avx2();
const Level& level_avx512();

}  // namespace dilation_errors_internal
}  // namespace icconv

#endif  // ICCONV_OPS_DILATION_ERRORS_JOB_H_
