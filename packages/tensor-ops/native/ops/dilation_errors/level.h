// The work of one task: the classes of taps convolved into a scratch, then all errors from there.
// Included after conv2d's lanes_*.h and products_*.h, by the one file that is compiled for that level.
#ifndef ICCONV_OPS_DILATION_ERRORS_LEVEL_H_
#define ICCONV_OPS_DILATION_ERRORS_LEVEL_H_

#include <cstddef>

#include "ops/conv2d/gather.h"
#include "ops/conv2d/register_tile.h"
#include "ops/dilation_errors/job.h"

namespace icconv {
namespace {

using dilation_errors_internal::Job;
using dilation_errors_internal::Step;
using dilation_errors_internal::Tap;
using dilation_errors_internal::Task;
using dilation_errors_internal::tile_begin;
using Params = DilationErrorsParams;

// Parts of a task's memory, in floats; all are multiples of a cache line.
struct Layout {
    Layout(const Job& job, const Task& task) {
        pixels = static_cast<int>(task.end - task.begin);
        width = (task.panel1 - task.panel0) * kPanel;
        class_stride = static_cast<ptrdiff_t>(pixels) * width;
        weights = class_stride * job.class_count();
        columns = weights + static_cast<ptrdiff_t>(job.most_reduction) * width;
        sums = columns + static_cast<ptrdiff_t>(job.params.reach() + 1) * kPanel;
        size = sums + static_cast<ptrdiff_t>(job.params.dilations() + 1) * kPanel;
    }
    int pixels, width;
    ptrdiff_t class_stride, weights, columns, sums, size;
};

size_t workspace_bytes(const Job& job, const Task& task) { return static_cast<size_t>(Layout(job, task).size) * sizeof(float); }

// The weights of a tap from input channel c of a block to the block's outputs.
const float* weights_of(const Job& job, const Task& task, const Tap& tap, int c) {
    const Params& p = job.params;
    const int group_in = p.in_c / p.groups;
    const ptrdiff_t number = static_cast<ptrdiff_t>(tap.row + p.reach()) * p.side() + tap.column + p.reach();
    return job.filter + (number * group_in + c % group_in) * p.out_c + static_cast<ptrdiff_t>(task.block) * job.block_out;
}

// Into panels of 16 output channels; zero between merged groups and past the last one.
void pack_weights(const Job& job, const Task& task, const Step& step, float* to) {
    const int group_in = job.params.in_c / job.params.groups;
    const int group_out = job.params.out_c / job.params.groups;
    const ptrdiff_t panel_stride = static_cast<ptrdiff_t>(step.reduction()) * kPanel;
    for (int t = 0; t < step.count; ++t) {
        for (int c = step.c0; c < step.c1; ++c, to += kPanel) {
            const float* const from = weights_of(job, task, step.taps[t], c);
            // The outputs of this block that see this input.
            const int live0 = job.block_in == group_in ? 0 : c / group_in * group_out;
            const int live1 = job.block_in == group_in ? job.block_out : live0 + group_out;
            for (int panel = task.panel0; panel < task.panel1; ++panel) {
                const int first = panel * kPanel;
                float* const out = to + (panel - task.panel0) * panel_stride;
                if (first >= live0 && first + kPanel <= live1) {
                    copy_floats(out, from + first, kPanel);
                } else {
                    for (int n = 0; n < kPanel; ++n) out[n] = first + n >= live0 && first + n < live1 ? from[first + n] : 0.0f;
                }
            }
        }
    }
}

// Weights of the next step, which the tile fetches while it computes: their rows lie too far apart for the processor to foresee. It has
// time for a line of each row: of one tap each tile therefore fetches a share, as many as there are panels; of several each fetches one.
Ahead weights_ahead(const Job& job, const Task& task, const Step& next, int tile) {
    const ptrdiff_t row = job.params.out_c;
    const int panels = task.panel1 - task.panel0;
    const bool several = next.count > 1;
    if (panels % 2 != 0 || job.block_in != job.params.in_c / job.params.groups || tile >= (several ? next.count : panels)) return {};
    const Tap& tap = next.taps[several ? tile : 0];
    const int first = several ? 0 : next.reduction() / panels * tile;
    const float* const from = weights_of(job, task, tap, next.c0 + first) + task.panel0 * kPanel;
    if (panels == 2) return {from, kPanel, row, 2 * row, 0};
    return {from, kPanel, 2 * kPanel, row, 0};
}

void run_step(const Job& job, const Task& task, const Layout& layout, const Step& step, const Step* next, float* memory) {
    const Params& p = job.params;
    float* const weights = memory + layout.weights;
    pack_weights(job, task, step, weights);
    const auto offset = [&](const Tap& tap) {
        return (static_cast<ptrdiff_t>(tap.row + p.reach()) * job.padded_w() + tap.column + p.reach()) * job.pixel_stride;
    };
    ptrdiff_t run_steps[3];
    for (int t = 1; t < step.count; ++t) run_steps[t - 1] = offset(step.taps[t]) - offset(step.taps[t - 1]) - (step.c1 - step.c0);
    Tile tile{};
    tile.input_stride = static_cast<ptrdiff_t>(p.stride_w) * job.pixel_stride;
    tile.reduction = step.c1 - step.c0;
    tile.runs = step.count;
    tile.run_steps = run_steps;
    tile.weights = weights;
    tile.panel_stride = static_cast<ptrdiff_t>(step.reduction()) * kPanel;
    tile.y = memory + step.tap_class * layout.class_stride;
    tile.y_stride = layout.width;
    tile.add = step.add;
    tile.last_channels = kPanel;
    const float* const x = job.x + offset(step.taps[0]) + static_cast<ptrdiff_t>(task.block) * job.block_in + step.c0;
    for (long i = task.tile0; i < task.tile1; ++i) {
        const long row = i / job.parts;
        const int part = static_cast<int>(i % job.parts);
        const int begin = tile_begin(job, part);
        const int pixels = tile_begin(job, part + 1) - begin;
        const ptrdiff_t padded_row = static_cast<ptrdiff_t>(row / p.out_h()) * job.padded_h() + row % p.out_h() * p.stride_h;
        tile.input = x + (padded_row * job.padded_w() + begin * p.stride_w) * job.pixel_stride;
        if (next != nullptr) tile.ahead = weights_ahead(job, task, *next, static_cast<int>(i - task.tile0));
        run_panels(tile, pixels, task.panel1 - task.panel0);
        tile.y += static_cast<ptrdiff_t>(pixels) * layout.width;
    }
}

// The sum of `count` vectors, `step` floats apart.
inline Lanes::Vector sum_of(const float* from, int count, ptrdiff_t step) {
    Lanes::Vector sum = Lanes::load(from);
    for (int i = 1; i < count; ++i) sum = Lanes::add(sum, Lanes::load(from += step));
    return sum;
}

inline void add_absolute(float* sum, Lanes::Vector value) { Lanes::store(sum, Lanes::add(Lanes::load(sum), Lanes::abs(value))); }

// From the classes of one panel to y, and to the sums of |y| and |y - y(d)|.
void sum_errors(const Job& job, const Task& task, const Layout& layout, const float* classes, int panel, float* columns, float* sums) {
    const Params& p = job.params;
    const int side = p.reach() + 1;
    const int taps = p.radius + 1;
    const int max_dilation = p.max_dilation;
    // From one class to the next, and from a distance of the rows to the next.
    const ptrdiff_t stride = layout.class_stride;
    const ptrdiff_t row_stride = stride * side;
    const int channels = min_of(kPanel, job.block_out - panel * kPanel);
    zero_floats(sums, (p.dilations() + 1) * kPanel);
    float* const y = job.y + task.begin * p.out_c + static_cast<ptrdiff_t>(task.block) * job.block_out + panel * kPanel;
    for (int pixel = 0; pixel < layout.pixels; ++pixel) {
        const float* const at = classes + static_cast<ptrdiff_t>(pixel) * layout.width + (panel - task.panel0) * kPanel;
        for (int n = 0; n < kPanel; n += Lanes::kCount) {
            // Rows first and then columns, for all: a dilation that keeps everything then has error 0 exactly.
            for (int b = 0; b < side; ++b) Lanes::store(columns + b * kPanel, sum_of(at + n + b * stride, side, row_stride));
            const Lanes::Vector whole = sum_of(columns, side, kPanel);
            Lanes::store_first(y + static_cast<ptrdiff_t>(pixel) * p.out_c + n, max_of(0, min_of(Lanes::kCount, channels - n)), whole);
            float* sum = sums + n;
            for (int dh = 1; dh <= max_dilation; ++dh) {
                for (int b = 0; b < side; ++b) Lanes::store(columns + b * kPanel, sum_of(at + n + b * stride, taps, dh * row_stride));
                for (int dw = 1; dw <= max_dilation; ++dw, sum += kPanel) {
                    add_absolute(sum, Lanes::sub(whole, sum_of(columns, taps, dw * kPanel)));
                }
            }
            add_absolute(sum, whole);
        }
    }
}

void run_task(const Job& job, const Task& task, void* workspace) {
    const Layout layout(job, task);
    float* const memory = static_cast<float*>(workspace);
    for (int i = 0; i < job.step_count; ++i) {
        run_step(job, task, layout, job.steps[i], i + 1 < job.step_count ? &job.steps[i + 1] : nullptr, memory);
    }
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
