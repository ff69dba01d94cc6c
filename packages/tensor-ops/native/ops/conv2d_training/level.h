// The table of one SIMD level. Included last, after a lanes_*.h, by the one file that is compiled for that level.
#ifndef ICCONV_OPS_CONV2D_TRAINING_LEVEL_H_
#define ICCONV_OPS_CONV2D_TRAINING_LEVEL_H_

#include "ops/conv2d_training/direct.h"
#include "ops/conv2d_training/winograd.h"

namespace icconv {
namespace {

constexpr conv2d_training_internal::Level kLevel = {direct_workspace, direct, transform, multiply, finish, Lanes::kTilePixels, kTileChannels};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_TRAINING_LEVEL_H_
