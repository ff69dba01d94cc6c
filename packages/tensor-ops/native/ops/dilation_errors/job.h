// What the dispatcher hands to the code of a SIMD level.
#ifndef ICCONV_OPS_DILATION_ERRORS_JOB_H_
#define ICCONV_OPS_DILATION_ERRORS_JOB_H_

#include <cstddef>

#include "ops/conv2d/job.h"
#include "ops/dilation_errors/dilation_errors.h"

namespace icconv {
namespace dilation_errors_internal {

using conv2d_internal::kPanel;

// A tap of the super-kernel, by its offset from the centre.
struct Tap {
    int row, column;
};

// The taps at the distances (a, b) from the centre: 1, 2 or 4 of them. A dilation keeps whole classes.
struct TapClass {
    Tap taps[4];
    int count;
};

struct Job {
    DilationErrorsParams params;
    const float* x;
    const float* filter;
    float* y;
    // [pieces][D * D + 1][channels()]: sums over the pixels of a piece; the last row is that of |y|.
    float* sums;
    // Groups merged until their outputs fill a panel, as in conv2d.
    int blocks, block_in, block_out;
    const TapClass* classes;                // Number a * (reach + 1) + b.
    int taps_at_once, channels_at_once;     // Of the reduction.

    int class_count() const { return (params.reach() + 1) * (params.reach() + 1); }
    int panels() const { return (block_out + kPanel - 1) / kPanel; }
    int channels() const { return blocks * panels() * kPanel; }
};

struct Task {
    long begin, end;  // Output pixels of all images, counted in memory order.
    int piece;
    int block;
    int panel0, panel1;
};

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
