// The filter's gradient by its definition: what pixels see times the gradient behind them, some pixels at a time, which are copied so that
// they lie next to one another. Included after a lanes_*.h.
#ifndef ICCONV_OPS_CONV2D_TRAINING_DIRECT_H_
#define ICCONV_OPS_CONV2D_TRAINING_DIRECT_H_

#include "ops/conv2d/gather.h"
#include "ops/conv2d_training/job.h"
#include "ops/conv2d_training/outer_tile.h"

namespace icconv {
namespace {

using conv2d_training_internal::FilterJob;
using conv2d_training_internal::FilterTask;
using conv2d_training_internal::kPixelStep;
using conv2d_training_internal::odd_lines;

// Whole vectors are written, also past the end of the last row.
size_t direct_workspace(const FilterJob&, const FilterTask& task) {
    const ptrdiff_t row = odd_lines(task.row1 - task.row0) + odd_lines(task.channel1 - task.channel0);
    return static_cast<size_t>(kPixelStep * row + 2 * Lanes::kCount) * sizeof(float);
}

void direct(const FilterJob& job, const FilterTask& task, void* workspace) {
    const auto& shape = job.shape;
    const conv2d_internal::Job view = {shape, job.x, nullptr, nullptr, nullptr, false, nullptr, 0};
    const Gather gather(view, 0, task.row0, task.row1);
    const int rows = task.row1 - task.row0;
    const int channels = task.channel1 - task.channel0;
    OuterTile tile;
    tile.a_stride = odd_lines(rows);
    tile.b_stride = odd_lines(channels);
    float* const b = static_cast<float*>(workspace);
    float* const a = b + kPixelStep * tile.b_stride + Lanes::kCount;
    tile.a = a;
    tile.b = b;
    tile.c_stride = shape.out_c;
    tile.c = job.sums[task.part] + static_cast<ptrdiff_t>(task.row0) * shape.out_c + task.channel0;
    tile.add = false;
    for (long pixel = task.pixel0; pixel < task.pixel1; pixel += kPixelStep) {
        tile.steps = static_cast<int>(task.pixel1 - pixel < kPixelStep ? task.pixel1 - pixel : kPixelStep);
        gather.rows(pixel, pixel + tile.steps, a, tile.a_stride);
        const float* from = job.dy + pixel * shape.out_c + task.channel0;
        for (int k = 0; k < tile.steps; ++k, from += shape.out_c) copy_floats(b + k * tile.b_stride, from, channels);
        outer_product(tile, rows, channels);
        tile.add = true;
    }
}

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_TRAINING_DIRECT_H_
