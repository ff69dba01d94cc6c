// SIMD level, chosen at run time; one binary holds every level.
//
// Files named *_amx.cc, *_avx512bf16.cc, *_avx512.cc and *_avx2.cc are compiled with those instruction sets (see src/setup/compile.ts) and hold
// nothing else, so that no such instruction runs on a machine without it.
#ifndef ICCONV_COMMON_SIMD_H_
#define ICCONV_COMMON_SIMD_H_

namespace icconv {

// Ordered: a higher level includes the lower ones.
enum class SimdLevel : int { kScalar = 0, kAvx2 = 1, kAvx512 = 2, kAmx = 3 };

// What this processor and operating system can run. The first call asks the system for the tiles of AMX, which it gives to a process at its wish.
SimdLevel detected_simd_level();

// The level kernels must use: the detected one, lowered by the environment variable ICCONV_SIMD (scalar, avx2, avx512, amx)
// or by set_simd_level(). Never above the detected level.
SimdLevel simd_level();

// Whether kernels may use AVX512-BF16: it is there, and the level in force is kAvx512 or kAmx.
bool simd_bfloat16();

// Lowers the level for this process, for tests; asking for more than the detected level gives the detected level.
void set_simd_level(SimdLevel level);

const char* simd_level_name(SimdLevel level);

}  // namespace icconv

// The function of three, <name>_avx512, <name>_avx2 and <name>_portable, that is for the level in force; what AMX adds is products of
// bfloat16 alone. A macro, because the first two are there on x86-64 alone.
#if defined(__x86_64__)
#define ICCONV_AT_SIMD_LEVEL(name)                                               \
    (::icconv::simd_level() >= ::icconv::SimdLevel::kAvx512 ? name##_avx512      \
     : ::icconv::simd_level() == ::icconv::SimdLevel::kAvx2 ? name##_avx2        \
                                                            : name##_portable)
#else
#define ICCONV_AT_SIMD_LEVEL(name) (name##_portable)
#endif

#endif  // ICCONV_COMMON_SIMD_H_
