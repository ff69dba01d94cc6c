// Gradient of a convolution's filter, portable.
#include "ops/conv2d/lanes_portable.h"
#include "ops/conv2d/products_float32.h"

#include "ops/conv2d_training/level.h"

namespace icconv {
namespace conv2d_training_internal {

const Level& level_portable() { return kLevel; }

}  // namespace conv2d_training_internal
}  // namespace icconv
