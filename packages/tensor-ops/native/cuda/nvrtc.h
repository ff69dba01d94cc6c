// NVIDIA's run-time compiler, reached at run time. It needs neither a GPU nor a driver.
#ifndef ICCONV_CUDA_NVRTC_H_
#define ICCONV_CUDA_NVRTC_H_

#include <string>

namespace icconv {

// A device's instruction set: 8 and 6 for sm_86.
struct CudaArch {
    int major;
    int minor;
};

// Of the compiler, such as "12.9". @throws CudaUnavailable
std::string nvrtc_version();

// The machine code of one kernel source, by its name in kernel_sources(). @throws CudaUnavailable, CudaFailure
std::string compile_kernels(const std::string& source, CudaArch arch);

}  // namespace icconv

#endif  // ICCONV_CUDA_NVRTC_H_
