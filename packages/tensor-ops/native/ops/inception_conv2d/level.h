// The table of one SIMD level. Included last, after a lanes_*.h, by the one file that is compiled for that level.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_LEVEL_H_
#define ICCONV_OPS_INCEPTION_CONV2D_LEVEL_H_

#include "ops/inception_conv2d/forward_narrow.h"
#include "ops/inception_conv2d/forward_wide.h"
#include "ops/inception_conv2d/grad_filter_task.h"
#include "ops/inception_conv2d/grad_input_task.h"

namespace icconv {
namespace {

// Wide and narrow blocks follow one another in the same memory.
size_t forward_workspace(const ForwardJob& job, const ConvTask& task) {
    const size_t wide = ForwardWide(job, task, nullptr).used();
    const size_t narrow = ForwardNarrow(job, task, nullptr).used();
    return wide > narrow ? wide : narrow;
}

void forward(const ForwardJob& job, const ConvTask& task, void* workspace) {
    ForwardWide(job, task, workspace).run();
    ForwardNarrow(job, task, workspace).run();
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
