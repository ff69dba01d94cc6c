// The work of one task: the classes of taps convolved into a scratch that stays in the level-2 cache, then all errors from there.
// Included after conv2d's lanes_*.h, by the one file that is compiled for that level.
#ifndef ICCONV_OPS_DILATION_ERRORS_LEVEL_H_
#define ICCONV_OPS_DILATION_ERRORS_LEVEL_H_

#include <cstddef>

#include "ops/conv2d/gather.h"
#include "ops/conv2d/register_tile.h"
#include "ops/dilation_errors/job.h"

namespace icconv {
namespace {

using dilation_errors_internal::Job;
using dilation_errors_internal::Tap;
using dilation_errors_internal::TapClass;
using dilation_errors_internal::Task;
using Params = DilationErrorsParams;

// Parts of a task's memory, in floats; all are multiples of a cache line.
struct Layout {
    Layout(const Job& job, const Task& task) {
        pixels = static_cast<int>(task.end - task.begin);
        width = (task.panel1 - task.panel0) * kPanel;
        class_stride = static_cast<ptrdiff_t>(pixels) * width;
        const int reduction = job.taps_at_once * job.channels_at_once;
        // An odd number of cache lines: rows of a tile then lie in different sets of the level-1 cache.
        row_stride = (reduction / 16 + 1) / 2 * 2 * 16 + 16;
        weights = class_stride * job.class_count();
        rows = weights + static_cast<ptrdiff_t>(reduction) * width;
        // The last row, too, is written in whole vectors.
        columns = rows + static_cast<ptrdiff_t>(Lanes::kTilePixels) * row_stride + 16;
        sums = columns + static_cast<ptrdiff_t>(job.params.reach() + 1) * kPanel;
        size = sums + static_cast<ptrdiff_t>(job.params.dilations() + 1) * kPanel;
    }
    int pixels, width;
    ptrdiff_t class_stride, row_stride, weights, rows, columns, sums, size;
};

size_t workspace_bytes(const Job& job, const Task& task) { return static_cast<size_t>(Layout(job, task).size) * sizeof(float); }

// Weights of some taps and of input channels [c0, c1) into panels of 16 output channels; zero between merged groups and past the last one.
void pack_weights(const Job& job, const Task& task, const Tap* taps, int count, int c0, int c1, float* to) {
    const Params& p = job.params;
    const int group_in = p.in_c / p.groups;
    const int group_out = p.out_c / p.groups;
    const int reach = p.reach();
    const ptrdiff_t panel_stride = static_cast<ptrdiff_t>(count) * (c1 - c0) * kPanel;
    for (int t = 0; t < count; ++t) {
        const ptrdiff_t tap = static_cast<ptrdiff_t>(taps[t].row + reach) * p.side() + taps[t].column + reach;
        for (int c = c0; c < c1; ++c, to += kPanel) {
            const float* from = job.filter + (tap * group_in + c % group_in) * p.out_c + static_cast<ptrdiff_t>(task.block) * job.block_out;
            // The outputs of this block that see this input.
            const int live0 = job.block_in == group_in ? 0 : c / group_in * group_out;
            const int live1 = job.block_in == group_in ? job.block_out : live0 + group_out;
            for (int panel = task.panel0; panel < task.panel1; ++panel) {
                const int first = panel * kPanel;
                float* const out = to + (panel - task.panel0) * panel_stride;
                if (first >= live0 && first + kPanel <= live1) {
                    for (int n = 0; n < kPanel; n += Lanes::kCount) Lanes::store(out + n, Lanes::load(from + first + n));
                } else {
                    for (int n = 0; n < kPanel; ++n) out[n] = first + n >= live0 && first + n < live1 ? from[first + n] : 0.0f;
                }
            }
        }
    }
}

// Walks over output pixels in memory order.
struct Pixel {
    Pixel(const Params& p, long index) : image(index / p.out_w() / p.out_h()) {
        row = static_cast<int>(index / p.out_w() % p.out_h());
        column = static_cast<int>(index % p.out_w());
    }
    void next(const Params& p) {
        if (++column < p.out_w()) return;
        column = 0;
        if (++row < p.out_h()) return;
        row = 0;
        ++image;
    }
    long image;
    int row, column;
};

// What output pixels from `begin` on see through some taps, of input channels [c0, c1): a row for each pixel.
void gather_rows(const Job& job, const Task& task, const Tap* taps, int count, int c0, int c1, long begin, int pixels, float* to,
                 ptrdiff_t stride) {
    const Params& p = job.params;
    const float* const x = job.x + static_cast<ptrdiff_t>(task.block) * job.block_in + c0;
    const int run = c1 - c0;
    Pixel at(p, begin);
    for (int i = 0; i < pixels; ++i, to += stride, at.next(p)) {
        for (int t = 0; t < count; ++t) {
            const int row = at.row * p.stride_h + taps[t].row;
            const int column = at.column * p.stride_w + taps[t].column;
            if (row >= 0 && row < p.in_h && column >= 0 && column < p.in_w) {
                copy_floats(to + t * run, x + ((at.image * p.in_h + row) * p.in_w + column) * p.in_c, run);
            } else {
                zero_floats(to + t * run, run);
            }
        }
    }
}

void convolve_class(const Job& job, const Task& task, const Layout& layout, const TapClass& taps, float* to, float* memory) {
    float* const weights = memory + layout.weights;
    float* const rows = memory + layout.rows;
    bool add = false;
    for (int t = 0; t < taps.count; t += job.taps_at_once) {
        const int count = min_of(job.taps_at_once, taps.count - t);
        for (int c0 = 0; c0 < job.block_in; c0 += job.channels_at_once) {
            const int c1 = min_of(c0 + job.channels_at_once, job.block_in);
            pack_weights(job, task, taps.taps + t, count, c0, c1, weights);
            Tile tile{};
            tile.input = rows;
            tile.input_stride = layout.row_stride;
            tile.reduction = static_cast<ptrdiff_t>(count) * (c1 - c0);
            tile.runs = 1;
            tile.weights = weights;
            tile.panel_stride = tile.reduction * kPanel;
            tile.y_stride = layout.width;
            tile.add = add;
            tile.last_channels = kPanel;
            // Each tile of pixels is in the level-1 cache while the weights of all panels pass by it.
            for_tiles(layout.pixels, [&](int begin, int pixels) {
                gather_rows(job, task, taps.taps + t, count, c0, c1, task.begin + begin, pixels, rows, layout.row_stride);
                tile.y = to + static_cast<ptrdiff_t>(begin) * layout.width;
                run_panels(tile, pixels, task.panel1 - task.panel0);
            });
            add = true;
        }
    }
}

// From the classes of one panel to y, and to the sums of |y| and |y - y(d)|.
void sum_errors(const Job& job, const Task& task, const Layout& layout, const float* classes, int panel, float* columns, float* sums) {
    using V = Lanes::Vector;
    const Params& p = job.params;
    const int side = p.reach() + 1;
    const int channels = min_of(kPanel, job.block_out - panel * kPanel);
    zero_floats(sums, (p.dilations() + 1) * kPanel);
    float* const y = job.y + task.begin * p.out_c + static_cast<ptrdiff_t>(task.block) * job.block_out + panel * kPanel;
    for (int pixel = 0; pixel < layout.pixels; ++pixel) {
        const float* const at = classes + static_cast<ptrdiff_t>(pixel) * layout.width + (panel - task.panel0) * kPanel;
        for (int n = 0; n < kPanel; n += Lanes::kCount) {
            const float* const from = at + n;
            const auto load = [&](int a, int b) { return Lanes::load(from + (static_cast<ptrdiff_t>(a) * side + b) * layout.class_stride); };
            const auto count_in = [&](int row, V value) {
                float* const sum = sums + static_cast<ptrdiff_t>(row) * kPanel + n;
                Lanes::store(sum, Lanes::add(Lanes::load(sum), Lanes::abs(value)));
            };
            // Rows first and then columns, as below: a dilation that keeps everything then has error 0 exactly.
            V whole = Lanes::zero();
            for (int b = 0; b < side; ++b) {
                V column = load(0, b);
                for (int a = 1; a < side; ++a) column = Lanes::add(column, load(a, b));
                whole = Lanes::add(whole, column);
            }
            Lanes::store_first(y + static_cast<ptrdiff_t>(pixel) * p.out_c + n, max_of(0, min_of(Lanes::kCount, channels - n)), whole);
            count_in(p.dilations(), whole);
            for (int dh = 1; dh <= p.max_dilation; ++dh) {
                for (int b = 0; b < side; ++b) {
                    V column = load(0, b);
                    for (int i = 1; i <= p.radius; ++i) column = Lanes::add(column, load(i * dh, b));
                    Lanes::store(columns + b * kPanel, column);
                }
                for (int dw = 1; dw <= p.max_dilation; ++dw) {
                    V kept = Lanes::zero();
                    for (int i = 0; i <= p.radius; ++i) kept = Lanes::add(kept, Lanes::load(columns + i * dw * kPanel));
                    count_in((dh - 1) * p.max_dilation + dw - 1, Lanes::sub(whole, kept));
                }
            }
        }
    }
}

void run_task(const Job& job, const Task& task, void* workspace) {
    const Layout layout(job, task);
    float* const memory = static_cast<float*>(workspace);
    for (int i = 0; i < job.class_count(); ++i) convolve_class(job, task, layout, job.classes[i], memory + i * layout.class_stride, memory);
    const int rows = job.params.dilations() + 1;
    for (int panel = task.panel0; panel < task.panel1; ++panel) {
        float* const sums = memory + layout.sums;
        sum_errors(job, task, layout, memory, panel, memory + layout.columns, sums);
        for (int row = 0; row < rows; ++row) {
            float* const to = job.sums + (static_cast<ptrdiff_t>(task.piece) * rows + row) * job.channels() +
                              (static_cast<ptrdiff_t>(task.block) * job.panels() + panel) * kPanel;
            copy_floats(to, sums + row * kPanel, kPanel);
        }
    }
}

constexpr dilation_errors_internal::Level kLevel = {workspace_bytes, run_task, Lanes::kTilePixels};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_DILATION_ERRORS_LEVEL_H_
