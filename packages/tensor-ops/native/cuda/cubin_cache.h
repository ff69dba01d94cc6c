// Compiled kernels, kept in the user's cache: the first process on a machine compiles, later ones read.
#ifndef ICCONV_CUDA_CUBIN_CACHE_H_
#define ICCONV_CUDA_CUBIN_CACHE_H_

#include <string>

#include "cuda/nvrtc.h"

namespace icconv {

// The machine code of a kernel source, from the folder `cubins` of the cache (the same cache as the set-up's) or from NVRTC. The key is made of
// the source with its headers, the architecture and NVRTC's version. A cache that cannot be read or written costs the compilation, not the call.
// fresh: compile whatever the cache holds. @throws CudaUnavailable, CudaFailure
std::string cached_kernels(const std::string& source, CudaArch arch, bool fresh = false);

}  // namespace icconv

#endif  // ICCONV_CUDA_CUBIN_CACHE_H_
