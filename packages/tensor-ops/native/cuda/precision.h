// From which device on products may be of other numbers than float32.
#ifndef ICCONV_CUDA_PRECISION_H_
#define ICCONV_CUDA_PRECISION_H_

#include "common/precision.h"

namespace icconv {

// All but kFloat32 take tensor cores, of a device of kTensorCoresArch or newer: 80 is sm_80.
constexpr int kTensorCoresArch = 80;

}  // namespace icconv

#endif  // ICCONV_CUDA_PRECISION_H_
