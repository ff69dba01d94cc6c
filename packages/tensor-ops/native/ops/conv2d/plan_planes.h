// How a convolution whose inputs lie in planes is cut into tasks, which have rows of results.
#ifndef ICCONV_OPS_CONV2D_PLAN_PLANES_H_
#define ICCONV_OPS_CONV2D_PLAN_PLANES_H_

#include "common/memory.h"
#include "ops/conv2d/job.h"

namespace icconv {
namespace conv2d_internal {

// panels: of a block; tasks take pairs of them.
Array<Task> plan_planes(const Shape& shape, int panels, int threads);

}  // namespace conv2d_internal
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_PLAN_PLANES_H_
