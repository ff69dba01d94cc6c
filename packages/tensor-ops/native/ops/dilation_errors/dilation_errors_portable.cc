// Dilation errors, plain C++.
#include "ops/conv2d/lanes_portable.h"
#include "ops/conv2d/products_float32.h"

#include "ops/dilation_errors/level.h"

namespace icconv {
namespace dilation_errors_internal {

const Level& level_portable() { return kLevel; }

}  // namespace dilation_errors_internal
}  // namespace icconv
