// Fused convolution, AVX-512.
#include "ops/conv2d/lanes_avx512.h"
#include "ops/conv2d/products_float32.h"

#include "ops/conv2d/level.h"

namespace icconv {
namespace conv2d_internal {

const Level& level_avx512() { return kLevel; }

}  // namespace conv2d_internal
}  // namespace icconv
