// Direct convolution: a product of gathered inputs and packed weights, by ranges of the reduction that keep the weights in the level-2
// cache. Included after a lanes_*.h.
#ifndef ICCONV_OPS_CONV2D_DIRECT_H_
#define ICCONV_OPS_CONV2D_DIRECT_H_

#include "ops/conv2d/gather.h"
#include "ops/conv2d/register_tile.h"

namespace icconv {
namespace {

using conv2d_internal::Job;
using conv2d_internal::Shape;
using conv2d_internal::Task;

// An odd number of cache lines: rows of a tile then lie in different sets of the level-1 cache. Leaves room for whole vectors.
inline ptrdiff_t row_stride(int floats) { return (floats / 16 + 1) / 2 * 2 * 16 + 16; }

// Rows of a 1x1 kernel are in x itself, and can be read there where their distance spreads them over the cache.
inline bool reads_in_place(const Job& job, const Task& task) {
    const Shape& s = job.shape;
    return s.kernel_h == 1 && s.kernel_w == 1 && s.stride_h == 1 && s.stride_w == 1 && s.pad_h == 0 && s.pad_w == 0 &&
           s.in_c <= 256 && task.panel1 - task.panel0 <= 16;
}

size_t direct_workspace(const Job& job, const Task& task) {
    if (reads_in_place(job, task)) return 0;
    // The last row, too, is written in whole vectors.
    return (static_cast<size_t>(task.end - task.begin) * row_stride(job.reduction_step) + 16) * sizeof(float);
}

void direct(const Job& job, const Task& task, void* workspace) {
    const Shape& shape = job.shape;
    const int pixels = static_cast<int>(task.end - task.begin);
    const int panels = task.panel1 - task.panel0;
    const int reduction = shape.reduction();
    const ptrdiff_t panel_stride = static_cast<ptrdiff_t>(reduction) * kPanel;
    const ptrdiff_t first_channel = static_cast<ptrdiff_t>(task.block) * shape.block_out + task.panel0 * kPanel;
    const ptrdiff_t out = task.begin * shape.out_c + first_channel;
    const bool in_place = reads_in_place(job, task);
    float* const rows = static_cast<float*>(workspace);

    Tile tile;
    tile.panel_stride = panel_stride;
    tile.y = job.y + out;
    tile.y_stride = shape.out_c;
    tile.last_channels = min_of(kPanel, shape.block_out - (task.panel1 - 1) * kPanel);
    for (int k0 = 0; k0 < reduction; k0 += job.reduction_step) {
        const int k1 = min_of(k0 + job.reduction_step, reduction);
        const bool last = k1 == reduction;
        if (in_place) {
            tile.input = job.x + task.begin * shape.in_c + static_cast<ptrdiff_t>(task.block) * shape.block_in + k0;
            tile.input_stride = shape.in_c;
        } else {
            tile.input = rows;
            tile.input_stride = row_stride(job.reduction_step);
            Gather(job, task.block, k0, k1).rows(task.begin, task.end, rows, tile.input_stride);
        }
        tile.reduction = k1 - k0;
        tile.weights = job.weights + (static_cast<ptrdiff_t>(task.block) * shape.panels() + task.panel0) * panel_stride +
                       static_cast<ptrdiff_t>(k0) * kPanel;
        tile.add = k0 > 0;
        tile.bias = k0 == 0 ? job.bias + (static_cast<ptrdiff_t>(task.block) * shape.panels() + task.panel0) * kPanel : nullptr;
        tile.residual = last && job.residual != nullptr ? job.residual + out : nullptr;
        tile.relu = last && job.relu;
        run_tiles(tile, pixels, panels);
    }
}

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_DIRECT_H_
