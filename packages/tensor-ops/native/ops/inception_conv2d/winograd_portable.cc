// Winograd tasks of the inception convolution, any machine.
#include "ops/conv2d/lanes_portable.h"
#include "ops/conv2d/products_float32.h"

#include "ops/inception_conv2d/winograd_task.h"

namespace icconv {

const WinogradLevel& winograd_level_portable() { return kWinogradLevel; }

}  // namespace icconv
