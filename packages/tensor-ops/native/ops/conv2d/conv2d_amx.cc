// Fused convolution, products of bfloat16 by the tiles of AMX, which older compilers do not know.
#if defined(__AMX_BF16__) && defined(__AVX512BF16__)
#include "ops/conv2d/lanes_avx512.h"
#include "ops/conv2d/products_bfloat16.h"

#include "ops/conv2d/direct_tiles.h"
#else
#include "ops/conv2d/job.h"
#endif

namespace icconv {
namespace conv2d_internal {

#if defined(__AMX_BF16__) && defined(__AVX512BF16__)
const Level* level_amx() {
    static constexpr Level kDirect = {direct_workspace, direct, nullptr, nullptr, kTilePixels, Products::kPerWord, {}, true};
    return &kDirect;
}
#else
const Level* level_amx() { return nullptr; }
#endif

}  // namespace conv2d_internal
}  // namespace icconv
