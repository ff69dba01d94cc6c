// Fused convolution, products of bfloat16 by AVX512-BF16, which older compilers do not know. Winograd's stay with float32.
#if defined(__AVX512BF16__)
#include "ops/conv2d/lanes_avx512.h"
#include "ops/conv2d/products_bfloat16.h"

#include "ops/conv2d/direct.h"
#else
#include "ops/conv2d/job.h"
#endif

namespace icconv {
namespace conv2d_internal {

#if defined(__AVX512BF16__)
const Level* level_avx512bf16() {
    static constexpr Level kDirect = {direct_workspace, direct, nullptr, nullptr, Lanes::kTilePixels, Products::kPerWord, kBlocking};
    return &kDirect;
}
#else
const Level* level_avx512bf16() { return nullptr; }
#endif

}  // namespace conv2d_internal
}  // namespace icconv
