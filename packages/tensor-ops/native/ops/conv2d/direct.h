// Direct convolution: a product of gathered inputs and packed weights, by ranges of the reduction that keep the weights in the level-2
// cache. Included after a lanes_*.h and a products_*.h.
#ifndef ICCONV_OPS_CONV2D_DIRECT_H_
#define ICCONV_OPS_CONV2D_DIRECT_H_

#include "ops/conv2d/gather.h"
#include "ops/conv2d/register_tile.h"

namespace icconv {
namespace {

using conv2d_internal::Job;
using conv2d_internal::Shape;
using conv2d_internal::Task;

// Inputs need not be copied where few panels share them and their distance spreads a tile over the level-1 cache. (Where more panels
// share them, copies cost little and are next to one another.) They must be where they are not floats.
inline bool reads_in_place(const Job& job, const Task& task) {
    const Shape& s = job.shape;
    return Products::kPerWord == 1 && s.reduction() <= job.reduction_step && static_cast<size_t>(s.stride_w) * s.in_c * sizeof(float) % 2048 != 0 &&
           task.panel1 - task.panel0 <= 16;
}

constexpr conv2d_internal::Blocking kBlocking = {Lanes::kReductionStep, Lanes::kTaskPanels, Lanes::kCacheFloats, Lanes::kLeastWinogradTiles};

size_t direct_workspace(const Job& job, const Task&) {
    // The last row, too, is written in whole vectors.
    const size_t rows = static_cast<size_t>(Lanes::kTilePixels) * row_stride(job.reduction_step) + 16;
    return rows * sizeof(float) + static_cast<size_t>(job.shape.kernel_h) * job.shape.kernel_w * sizeof(ptrdiff_t);
}

// What a thread is to multiply when it has done with the reduction before k1: the same panels, or those of its next task.
inline ComingWeights coming_weights(const Job& job, const Task& task, int k1) {
    const Shape& s = job.shape;
    const int reduction = s.reduction();
    const ptrdiff_t panel_stride = static_cast<ptrdiff_t>(words(reduction)) * kPanel;
    // All of them stay in the cache.
    if (panel_stride * s.panels() * s.blocks <= conv2d_internal::kHeldWeights) return {};
    const bool last = k1 == reduction;
    const ptrdiff_t panel = last ? task.next_panel : static_cast<ptrdiff_t>(task.block) * s.panels() + task.panel0;
    if (panel < 0) return {};
    const int from = last ? 0 : k1;
    const int panels = min_of(task.panel1 - task.panel0, static_cast<int>(static_cast<ptrdiff_t>(s.panels()) * s.blocks - panel));
    return {job.weights + panel * panel_stride + static_cast<ptrdiff_t>(words(from)) * kPanel, panel_stride, panels,
            words(min_of(job.reduction_step, reduction - from)), tiles_of(static_cast<int>(task.end - task.begin))};
}

void direct(const Job& job, const Task& task, void* workspace) {
    const Shape& shape = job.shape;
    const int pixels = static_cast<int>(task.end - task.begin);
    const int reduction = shape.reduction();
    const ptrdiff_t panel_stride = static_cast<ptrdiff_t>(words(reduction)) * kPanel;
    const ptrdiff_t first_panel = static_cast<ptrdiff_t>(task.block) * shape.panels() + task.panel0;
    const ptrdiff_t first_channel = static_cast<ptrdiff_t>(task.block) * shape.block_out + task.panel0 * kPanel;
    const bool in_place = reads_in_place(job, task);
    const bool single_tap = shape.kernel_h == 1 && shape.kernel_w == 1;
    const bool streams = streams_results(job);
    float* const rows = static_cast<float*>(workspace);
    ptrdiff_t* const run_steps = reinterpret_cast<ptrdiff_t*>(rows + Lanes::kTilePixels * row_stride(job.reduction_step) + 16);

    for (int k0 = 0; k0 < reduction; k0 += job.reduction_step) {
        const int k1 = min_of(k0 + job.reduction_step, reduction);
        const bool last = k1 == reduction;
        const Gather gather(job, task.block, k0, k1);
        if (in_place) gather.run_steps(run_steps);
        Tile tile;
        tile.weights = job.weights + first_panel * panel_stride + static_cast<ptrdiff_t>(words(k0)) * kPanel;
        tile.panel_stride = panel_stride;
        tile.y_stride = shape.out_c;
        tile.last_channels = min_of(kPanel, shape.block_out - (task.panel1 - 1) * kPanel);
        tile.add = k0 > 0;
        tile.bias = k0 == 0 ? job.bias + first_panel * kPanel : nullptr;
        tile.relu = last && job.relu;
        tile.stream = last && k0 == 0 && streams;
        ComingWeights coming = coming_weights(job, task, k1);
        // Each tile of pixels is in the level-1 cache while the weights of all panels pass by it.
        for_tiles(pixels, [&](int begin, int count) {
            const long pixel = task.begin + begin;
            const ptrdiff_t out = pixel * shape.out_c + first_channel;
            tile.y = job.y + out;
            tile.residual = last && job.residual != nullptr ? job.residual + out : nullptr;
            if (in_place && gather.inside(pixel, count)) {
                tile.input = gather.pixel(pixel);
                tile.input_stride = static_cast<ptrdiff_t>(shape.stride_w) * shape.in_c;
                tile.reduction = gather.run();
                tile.runs = gather.runs();
                tile.run_steps = run_steps;
            } else {
                tile.reduction = words(k1 - k0);
                tile.runs = 1;
                tile.input = rows;
                tile.input_stride = row_stride(job.reduction_step);
                gather.rows(pixel, pixel + count, reinterpret_cast<Products::Number*>(rows), tile.input_stride * Products::kPerWord);
            }
            if (single_tap && pixel + count < shape.pixels()) {
                // Sixteen pixels by a cache line every sixteen steps. Processors foresee one stream of addresses, not fourteen.
                const ptrdiff_t stride = static_cast<ptrdiff_t>(shape.stride_w) * shape.in_c;
                tile.ahead = {gather.pixel(pixel + count), stride, 2 * stride, 4 * stride, 16 * Products::kPerWord - 16 * stride};
            }
            run_panels(tile, count, task.panel1 - task.panel0, &coming);
        });
    }
    if (streams) Lanes::finish_streams();
}

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_DIRECT_H_
