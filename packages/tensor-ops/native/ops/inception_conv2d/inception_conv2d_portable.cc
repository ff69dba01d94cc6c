// Inception convolution, the level of every processor.
#include "ops/inception_conv2d/lanes_portable.h"

#include "ops/inception_conv2d/level.h"

namespace icconv {

const ConvLevel& conv_level_portable() { return kLevel; }

}  // namespace icconv
