// Winograd tasks of the inception convolution, AVX-512.
#include "ops/conv2d/lanes_avx512.h"
#include "ops/conv2d/products_float32.h"

#include "ops/inception_conv2d/winograd_task.h"

namespace icconv {

const WinogradLevel& winograd_level_avx512() { return kWinogradLevel; }

}  // namespace icconv
