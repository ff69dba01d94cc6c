// Fused convolution, plain C++.
#include "ops/conv2d/lanes_portable.h"
#include "ops/conv2d/products_float32.h"

#include "ops/conv2d/level.h"

namespace icconv {
namespace conv2d_internal {

const Level& level_portable() { return kLevel; }

}  // namespace conv2d_internal
}  // namespace icconv
