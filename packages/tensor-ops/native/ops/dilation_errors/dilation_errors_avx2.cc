// Dilation errors, AVX2.
#include "ops/conv2d/lanes_avx2.h"
#include "ops/conv2d/products_float32.h"

#include "ops/dilation_errors/level.h"

namespace icconv {
namespace dilation_errors_internal {

const Level& level_avx2() { return kLevel; }

}  // namespace dilation_errors_internal
}  // namespace icconv
