// The kernels' sources as they were when this was compiled: NVRTC gets them from here.
#ifndef ICCONV_CUDA_KERNEL_SOURCES_H_
#define ICCONV_CUDA_KERNEL_SOURCES_H_

#include <vector>

namespace icconv {

struct SourceText {
    const char* name;
    const char* text;
    // Of kernels: the oldest architecture that they are compiled for, 80 for sm_80.
    int least_arch = 0;
};

// By the op's name, as in CudaKernel.
const std::vector<SourceText>& kernel_sources();

// What they include, by the path that stands in #include.
const std::vector<SourceText>& kernel_headers();

}  // namespace icconv

#endif  // ICCONV_CUDA_KERNEL_SOURCES_H_
