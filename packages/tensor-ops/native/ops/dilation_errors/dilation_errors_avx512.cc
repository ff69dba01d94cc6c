// Dilation errors, AVX-512.
#include "ops/conv2d/lanes_avx512.h"
#include "ops/conv2d/products_float32.h"

#include "ops/dilation_errors/level.h"

namespace icconv {
namespace dilation_errors_internal {

const Level& level_avx512() { return kLevel; }

}  // namespace dilation_errors_internal
}  // namespace icconv
