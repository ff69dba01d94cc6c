// TensorFlow ops of optimizer steps over ops/parameter_update.
//
// What changes from step to step (rates, bias corrections, scales) comes in tensors: TensorFlow keeps a kernel for every set of
// attribute values it has seen, so a changing attribute would be a leak.
#include <cmath>

#include "binding/on_cpu.h"
#include "binding/parameter_update_base.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

// rates [N, 2]: learning rate and weight decay of each parameter. step [4]: momentum, dampening, nesterov (0 or 1), gradient scale.
// momenta: one a parameter, or none.
REGISTER_OP("IcconvSgdUpdate")
    .Input("parameters: N * float")
    .Input("gradients: N * float")
    .Input("momenta: M * float")
    .Input("rates: float")
    .Input("step: float")
    .Output("new_parameters: N * float")
    .Output("new_momenta: M * float")
    .Attr("N: int >= 1")
    .Attr("M: int >= 0")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

// step [7]: beta1, beta2, epsilon, 1 - beta1^t, 1 - beta2^t, decoupled (0 or 1), gradient scale.
REGISTER_OP("IcconvAdamUpdate")
    .Input("parameters: N * float")
    .Input("gradients: N * float")
    .Input("means: N * float")
    .Input("squares: N * float")
    .Input("rates: float")
    .Input("step: float")
    .Output("new_parameters: N * float")
    .Output("new_means: N * float")
    .Output("new_squares: N * float")
    .Attr("N: int >= 1")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

// factors [2]: result = factors[0] * x + factors[1] * y.
REGISTER_OP("IcconvLinearCombination")
    .Input("x: N * float")
    .Input("y: N * float")
    .Input("factors: float")
    .Output("result: N * float")
    .Attr("N: int >= 1")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

// The square root of the sum of all squares, a scalar.
REGISTER_OP("IcconvGlobalNorm").Input("arrays: N * float").Output("norm: float").Attr("N: int >= 1").SetShapeFn(tensorflow::shape_inference::ScalarShape);

class ParameterUpdateOnCpu : public OnCpu {
public:
    using OnCpu::OnCpu;

    void sgd(const float* rates, const float* step, Array<ParameterSlot>& slots) {
        set_rates(rates, slots);
        sgd_update({step[0], step[1], step[2] != 0, step[3]}, slots.data(), count_of(slots), executor_);
    }
    void adam(const float* rates, const float* step, Array<ParameterSlot>& slots) {
        set_rates(rates, slots);
        adam_update({step[0], step[1], step[2], step[3], step[4], step[5] != 0, step[6]}, slots.data(), count_of(slots), executor_);
    }
    void linear(const float* factors, const Array<ParameterSlot>& slots) {
        Array<ArrayView> x, y;
        Array<float*> results;
        for (const ParameterSlot& slot : slots) {
            x.push_back({slot.parameter, slot.count});
            y.push_back({slot.gradient, slot.count});
            results.push_back(slot.new_parameter);
        }
        linear_combination(factors[0], x.data(), factors[1], y.data(), results.data(), count_of(slots), executor_);
    }
    void norm(const Array<ParameterSlot>& slots, float* norm) {
        Array<ArrayView> arrays;
        for (const ParameterSlot& slot : slots) arrays.push_back({slot.parameter, slot.count});
        *norm = static_cast<float>(std::sqrt(sum_of_squares(arrays.data(), count_of(slots), executor_)));
    }

private:
    static int64_t count_of(const Array<ParameterSlot>& slots) { return static_cast<int64_t>(slots.size()); }
    static void set_rates(const float* rates, Array<ParameterSlot>& slots) {
        for (ParameterSlot& slot : slots) {
            slot.rate = *rates++;
            slot.weight_decay = *rates++;
        }
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvSgdUpdate").Device(tensorflow::DEVICE_CPU), SgdUpdateOp<ParameterUpdateOnCpu>);
REGISTER_KERNEL_BUILDER(Name("IcconvAdamUpdate").Device(tensorflow::DEVICE_CPU), AdamUpdateOp<ParameterUpdateOnCpu>);
REGISTER_KERNEL_BUILDER(Name("IcconvLinearCombination").Device(tensorflow::DEVICE_CPU), LinearCombinationOp<ParameterUpdateOnCpu>);
REGISTER_KERNEL_BUILDER(Name("IcconvGlobalNorm").Device(tensorflow::DEVICE_CPU), GlobalNormOp<ParameterUpdateOnCpu>);

}  // namespace
}  // namespace icconv
