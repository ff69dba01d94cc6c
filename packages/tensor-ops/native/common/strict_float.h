// Include first, before everything else, in a file whose float results must equal another implementation's bit for bit.
//
// Compilers may fuse a * b + c into one rounding wherever the target has such an instruction (in *_avx2.cc and *_avx512.cc, and
// everywhere on arm64). A comparison against a threshold, or a ceil(), then decides differently. Explicit fma() stays fused.
#ifndef ICCONV_COMMON_STRICT_FLOAT_H_
#define ICCONV_COMMON_STRICT_FLOAT_H_

#if defined(__clang__)
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#endif  // ICCONV_COMMON_STRICT_FLOAT_H_
