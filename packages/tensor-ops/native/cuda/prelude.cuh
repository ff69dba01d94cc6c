// What every kernel and every parameter struct of a kernel may use, whoever compiles it: NVRTC for a device, g++ for the host code that fills
// the structs, or g++ with emulation/shim.cuh for tests.
#ifndef ICCONV_CUDA_PRELUDE_CUH_
#define ICCONV_CUDA_PRELUDE_CUH_

#ifdef __CUDACC_RTC__
// NVRTC has no <cstdint>.
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
#define ICCONV_UNROLL _Pragma("unroll")
#else
#include <cstdint>
#define ICCONV_UNROLL
#endif

#endif  // ICCONV_CUDA_PRELUDE_CUH_
