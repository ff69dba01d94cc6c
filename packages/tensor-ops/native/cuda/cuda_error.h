// What stands in the way of a kernel on the device. The binding makes statuses of these: UNAVAILABLE and INTERNAL.
#ifndef ICCONV_CUDA_CUDA_ERROR_H_
#define ICCONV_CUDA_CUDA_ERROR_H_

#include <stdexcept>

namespace icconv {

// A library that is not there or too old: the message names it and what brings it.
class CudaUnavailable final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// A call of a library that failed: the message names call and cause.
class CudaFailure final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace icconv

#endif  // ICCONV_CUDA_CUDA_ERROR_H_
