// Optimizer steps over a whole list of parameters at once: every number is read and written once, whatever the list's length.
//
// Outputs are new arrays, never the inputs: a tensor that somebody still holds keeps its values. Semantics are PyTorch's
// (torch.optim.SGD, Adam and AdamW).
#ifndef ICCONV_OPS_PARAMETER_UPDATE_H_
#define ICCONV_OPS_PARAMETER_UPDATE_H_

#include <cstdint>

#include "common/executor.h"

namespace icconv {

// One parameter of `count` floats. `first` and `second` are the optimizer's buffers: the momentum of SGD (may be absent); the running
// means of gradient and squared gradient of Adam.
struct ParameterSlot {
    int64_t count;
    float rate;
    float weight_decay;
    const float* parameter;
    const float* gradient;
    const float* first;
    const float* second;
    float* new_parameter;
    float* new_first;
    float* new_second;
};

struct SgdStep {
    float momentum;
    float dampening;
    bool nesterov;
    // Gradients are multiplied by this before all else, as clipping wants it.
    float gradient_scale;
};

struct AdamStep {
    float beta1;
    float beta2;
    float epsilon;
    // 1 - beta^t of step t, from 1.
    float correction1;
    float correction2;
    // AdamW: the decay acts on the parameter; otherwise it is added to the gradient.
    bool decoupled;
    float gradient_scale;
};

void sgd_update(const SgdStep& step, const ParameterSlot* slots, int64_t count, Executor& executor);
void adam_update(const AdamStep& step, const ParameterSlot* slots, int64_t count, Executor& executor);

struct ArrayView {
    const float* data;
    int64_t count;
};

// out[i] = a x[i] + b y[i] for every array of the list.
void linear_combination(float a, const ArrayView* x, float b, const ArrayView* y, float* const* out, int64_t count, Executor& executor);

// Sum of all squares in double precision, in an order that does not depend on threads.
double sum_of_squares(const ArrayView* arrays, int64_t count, Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_PARAMETER_UPDATE_H_
