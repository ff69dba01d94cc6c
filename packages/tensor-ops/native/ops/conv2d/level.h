// The table of one SIMD level. Included last, after a lanes_*.h and a products_*.h, by the one file that is compiled for that level.
#ifndef ICCONV_OPS_CONV2D_LEVEL_H_
#define ICCONV_OPS_CONV2D_LEVEL_H_

#include "ops/conv2d/direct.h"
#include "ops/conv2d/winograd.h"

namespace icconv {
namespace {

constexpr conv2d_internal::Level kLevel = {direct_workspace, direct, winograd_workspace, winograd, Lanes::kTilePixels, Products::kPerWord, kBlocking};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_LEVEL_H_
