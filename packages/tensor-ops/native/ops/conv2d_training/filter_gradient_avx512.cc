// Gradient of a convolution's filter, AVX-512.
#include "ops/conv2d/lanes_avx512.h"
#include "ops/conv2d/products_float32.h"

#include "ops/conv2d_training/level.h"

namespace icconv {
namespace conv2d_training_internal {

const Level& level_avx512() { return kLevel; }

}  // namespace conv2d_training_internal
}  // namespace icconv
