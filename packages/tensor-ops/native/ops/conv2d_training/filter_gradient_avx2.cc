// Gradient of a convolution's filter, AVX2.
#include "ops/conv2d/lanes_avx2.h"
#include "ops/conv2d/products_float32.h"

#include "ops/conv2d_training/level.h"

namespace icconv {
namespace conv2d_training_internal {

const Level& level_avx2() { return kLevel; }

}  // namespace conv2d_training_internal
}  // namespace icconv
