// Inception convolution, AVX2.
#include "ops/inception_conv2d/lanes_avx2.h"

#include "ops/inception_conv2d/level.h"

namespace icconv {

const ConvLevel& conv_level_avx2() { return kLevel; }

}  // namespace icconv
