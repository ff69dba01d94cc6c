// Optimizer steps on CUDA: the host's part. Formulas: parameter_update.h; kernels: parameter_update.cu. All pointers are the device's.
#ifndef ICCONV_OPS_PARAMETER_UPDATE_CUDA_H_
#define ICCONV_OPS_PARAMETER_UPDATE_CUDA_H_

#include <cstdint>

#include "common/memory.h"
#include "cuda/launcher.h"
#include "ops/parameter_update/parameter_update.cuh"
#include "ops/parameter_update/parameter_update.h"

namespace icconv {

// A list of arrays and the blocks that work on it. To be copied to the device before a call: `placed` below.
class ParameterCudaList {
public:
    // rate and weight_decay of the slots are not heeded: kernels read them from a tensor.
    ParameterCudaList(const ParameterSlot* slots, int64_t count);

    const Array<ParameterCudaSlot>& slots() const { return slots_; }
    int64_t blocks() const { return blocks_; }

private:
    Array<ParameterCudaSlot> slots_;
    int64_t blocks_ = 0;
};

// rates [N, 2], step [4] and [7], factors [2]: the inputs of the ops of these names.
void sgd_update_cuda(const ParameterCudaList& list, const ParameterCudaSlot* placed, const float* rates, const float* step, Launcher& launcher);
void adam_update_cuda(const ParameterCudaList& list, const ParameterCudaSlot* placed, const float* rates, const float* step, Launcher& launcher);
// new_parameter = factors[0] * parameter + factors[1] * gradient.
void linear_combination_cuda(const ParameterCudaList& list, const ParameterCudaSlot* placed, const float* factors, Launcher& launcher);

// norm [1], of all that `parameter` points to. workspace: blocks() + 1 numbers.
void global_norm_cuda(const ParameterCudaList& list, const ParameterCudaSlot* placed, double* workspace, float* norm, Launcher& launcher);

}  // namespace icconv

#endif  // ICCONV_OPS_PARAMETER_UPDATE_CUDA_H_
