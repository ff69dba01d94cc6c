// The table of one SIMD level. Included last, after a lanes_*.h, by the one file that is compiled for that level.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_LEVEL_H_
#define ICCONV_OPS_INCEPTION_CONV2D_LEVEL_H_

#include "ops/inception_conv2d/forward_narrow.h"
#include "ops/inception_conv2d/forward_wide.h"
#include "ops/inception_conv2d/grad_filter_task.h"
#include "ops/inception_conv2d/grad_input_task.h"

namespace icconv {
namespace {

// Whether one kind of block is through before the other begins, so that both can have the same memory.
bool in_turn(const ConvTask& task, const ForwardNarrow& narrow) { return narrow.band_rows() >= task.row1 - task.row0; }

size_t forward_workspace(const ForwardJob& job, const ConvTask& task) {
    const size_t wide = ForwardWide(job, task, nullptr).used();
    const ForwardNarrow narrow(job, task, nullptr);
    return in_turn(task, narrow) ? (wide > narrow.used() ? wide : narrow.used()) : wide + narrow.used();
}

// Band by band, so that the second kind of block finds rows of x and y that the first one has brought near.
void forward(const ForwardJob& job, const ConvTask& task, void* workspace) {
    ForwardWide wide(job, task, workspace);
    const bool same = in_turn(task, ForwardNarrow(job, task, nullptr));
    ForwardNarrow narrow(job, task, static_cast<char*>(workspace) + (same ? 0 : wide.used()));
    const int step = min_of(task.row1 - task.row0, narrow.band_rows());
    for (int row = task.row0; row < task.row1; row += step) {
        const int end = min_of(row + step, task.row1);
        wide.run(row, end);
        narrow.run(row, end);
    }
}

size_t grad_input_workspace(const GradInputJob& job, const ConvTask& task) { return GradInput(job, task, nullptr).used(); }
void grad_input(const GradInputJob& job, const ConvTask& task, void* workspace) { GradInput(job, task, workspace).run(); }

size_t grad_filter_workspace(const GradFilterJob& job, const ConvTask& task) { return GradFilter(job, task, nullptr).used(); }
void grad_filter(const GradFilterJob& job, const ConvTask& task, void* workspace) { GradFilter(job, task, workspace).run(); }

constexpr ConvLevel kLevel = {forward_workspace,     forward,    grad_input_workspace, grad_input,
                              grad_filter_workspace, grad_filter};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_LEVEL_H_
