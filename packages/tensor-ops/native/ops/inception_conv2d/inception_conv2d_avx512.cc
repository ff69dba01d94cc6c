// Inception convolution, AVX-512.
#include "ops/inception_conv2d/lanes_avx512.h"

#include "ops/inception_conv2d/level.h"

namespace icconv {

const ConvLevel& conv_level_avx512() { return kLevel; }

}  // namespace icconv
