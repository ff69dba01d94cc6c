// TensorFlow ops of optimizer steps over ops/parameter_update.
//
// What changes from step to step (rates, bias corrections, scales) comes in tensors: TensorFlow keeps a kernel for every set of
// attribute values it has seen, so a changing attribute would be a leak.
#include <cmath>

#include "binding/op.h"
#include "binding/tf_executor.h"
#include "ops/parameter_update/parameter_update.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpInputList;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::OpOutputList;
using tensorflow::Tensor;

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

absl::Status check_sizes(const char* name, const OpInputList& expected, const OpInputList& received) {
    for (int i = 0; i < received.size(); ++i) {
        if (received[i].NumElements() == expected[i].NumElements()) continue;
        return invalid_argument(name, "[", i, "] must have shape ", expected[i].shape().DebugString(), ", received ", received[i].shape().DebugString());
    }
    return absl::OkStatus();
}

absl::Status check_length(const char* name, const Tensor& tensor, int64_t length) {
    if (tensor.NumElements() == length) return absl::OkStatus();
    return invalid_argument(name, " must have ", length, " numbers, received ", tensor.NumElements());
}

// One output for each input, the first of them output `first` of the op.
absl::Status allocate_like(OpKernelContext* context, const OpInputList& inputs, const char* name, OpOutputList* outputs) {
    int first = 0;
    int end = 0;
    absl::Status status = context->op_kernel().OutputRange(name, &first, &end);
    for (int i = 0; i < inputs.size() && status.ok(); ++i) {
        Tensor* output = nullptr;
        status = allocate_output(context, first + i, name, inputs[i].shape(), &output);
    }
    return status.ok() ? context->output_list(name, outputs) : status;
}

const float* read(const OpInputList& list, int i) { return list[i].flat<float>().data(); }
float* write(OpOutputList* list, int i) { return (*list)[i]->flat<float>().data(); }

Array<ArrayView> views(const OpInputList& list) {
    Array<ArrayView> result;
    for (int i = 0; i < list.size(); ++i) result.push_back({read(list, i), list[i].NumElements()});
    return result;
}

class SgdUpdateOp final : public Op {
public:
    explicit SgdUpdateOp(OpKernelConstruction* context) : Op(context) {}

    void run(OpKernelContext* context) override {
        OpInputList parameters, gradients, momenta;
        OP_REQUIRES_OK(context, context->input_list("parameters", &parameters));
        OP_REQUIRES_OK(context, context->input_list("gradients", &gradients));
        OP_REQUIRES_OK(context, context->input_list("momenta", &momenta));
        const Tensor& rates = context->input(context->num_inputs() - 2);
        const Tensor& step = context->input(context->num_inputs() - 1);
        const int count = parameters.size();
        OP_REQUIRES(context, momenta.size() == 0 || momenta.size() == count, invalid_argument("momenta must be none or one a parameter"));
        OP_REQUIRES_OK(context, check_sizes("gradients", parameters, gradients));
        OP_REQUIRES_OK(context, check_sizes("momenta", parameters, momenta));
        OP_REQUIRES_OK(context, check_length("rates", rates, 2 * count));
        OP_REQUIRES_OK(context, check_length("step", step, 4));
        OpOutputList new_parameters, new_momenta;
        OP_REQUIRES_OK(context, allocate_like(context, parameters, "new_parameters", &new_parameters));
        OP_REQUIRES_OK(context, allocate_like(context, momenta, "new_momenta", &new_momenta));

        const auto rate = rates.flat<float>();
        const auto values = step.flat<float>();
        const bool with_momentum = momenta.size() > 0;
        Array<ParameterSlot> slots;
        for (int i = 0; i < count; ++i) {
            slots.push_back({parameters[i].NumElements(), rate(2 * i), rate(2 * i + 1), read(parameters, i), read(gradients, i),
                             with_momentum ? read(momenta, i) : nullptr, nullptr, write(&new_parameters, i),
                             with_momentum ? write(&new_momenta, i) : nullptr, nullptr});
        }
        TfExecutor executor(context);
        sgd_update({values(0), values(1), values(2) != 0, values(3)}, slots.data(), count, executor);
    }
};

class AdamUpdateOp final : public Op {
public:
    explicit AdamUpdateOp(OpKernelConstruction* context) : Op(context) {}

    void run(OpKernelContext* context) override {
        OpInputList parameters, gradients, means, squares;
        OP_REQUIRES_OK(context, context->input_list("parameters", &parameters));
        OP_REQUIRES_OK(context, context->input_list("gradients", &gradients));
        OP_REQUIRES_OK(context, context->input_list("means", &means));
        OP_REQUIRES_OK(context, context->input_list("squares", &squares));
        const Tensor& rates = context->input(context->num_inputs() - 2);
        const Tensor& step = context->input(context->num_inputs() - 1);
        const int count = parameters.size();
        OP_REQUIRES_OK(context, check_sizes("gradients", parameters, gradients));
        OP_REQUIRES_OK(context, check_sizes("means", parameters, means));
        OP_REQUIRES_OK(context, check_sizes("squares", parameters, squares));
        OP_REQUIRES_OK(context, check_length("rates", rates, 2 * count));
        OP_REQUIRES_OK(context, check_length("step", step, 7));
        OpOutputList new_parameters, new_means, new_squares;
        OP_REQUIRES_OK(context, allocate_like(context, parameters, "new_parameters", &new_parameters));
        OP_REQUIRES_OK(context, allocate_like(context, parameters, "new_means", &new_means));
        OP_REQUIRES_OK(context, allocate_like(context, parameters, "new_squares", &new_squares));

        const auto rate = rates.flat<float>();
        const auto values = step.flat<float>();
        Array<ParameterSlot> slots;
        for (int i = 0; i < count; ++i) {
            slots.push_back({parameters[i].NumElements(), rate(2 * i), rate(2 * i + 1), read(parameters, i), read(gradients, i), read(means, i),
                             read(squares, i), write(&new_parameters, i), write(&new_means, i), write(&new_squares, i)});
        }
        TfExecutor executor(context);
        adam_update({values(0), values(1), values(2), values(3), values(4), values(5) != 0, values(6)}, slots.data(), count, executor);
    }
};

class LinearCombinationOp final : public Op {
public:
    explicit LinearCombinationOp(OpKernelConstruction* context) : Op(context) {}

    void run(OpKernelContext* context) override {
        OpInputList x, y;
        OP_REQUIRES_OK(context, context->input_list("x", &x));
        OP_REQUIRES_OK(context, context->input_list("y", &y));
        const Tensor& factors = context->input(context->num_inputs() - 1);
        OP_REQUIRES_OK(context, check_sizes("y", x, y));
        OP_REQUIRES_OK(context, check_length("factors", factors, 2));
        OpOutputList result;
        OP_REQUIRES_OK(context, allocate_like(context, x, "result", &result));
        Array<float*> outputs;
        for (int i = 0; i < x.size(); ++i) outputs.push_back(write(&result, i));
        TfExecutor executor(context);
        linear_combination(factors.flat<float>()(0), views(x).data(), factors.flat<float>()(1), views(y).data(), outputs.data(), x.size(), executor);
    }
};

class GlobalNormOp final : public Op {
public:
    explicit GlobalNormOp(OpKernelConstruction* context) : Op(context) {}

    void run(OpKernelContext* context) override {
        OpInputList arrays;
        OP_REQUIRES_OK(context, context->input_list("arrays", &arrays));
        Tensor* output = nullptr;
        OP_REQUIRES_OK(context, allocate_output(context, 0, "norm", tensorflow::TensorShape(), &output));
        TfExecutor executor(context);
        output->scalar<float>()() = static_cast<float>(std::sqrt(sum_of_squares(views(arrays).data(), arrays.size(), executor)));
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvSgdUpdate").Device(tensorflow::DEVICE_CPU), SgdUpdateOp);
REGISTER_KERNEL_BUILDER(Name("IcconvAdamUpdate").Device(tensorflow::DEVICE_CPU), AdamUpdateOp);
REGISTER_KERNEL_BUILDER(Name("IcconvLinearCombination").Device(tensorflow::DEVICE_CPU), LinearCombinationOp);
REGISTER_KERNEL_BUILDER(Name("IcconvGlobalNorm").Device(tensorflow::DEVICE_CPU), GlobalNormOp);

}  // namespace
}  // namespace icconv
