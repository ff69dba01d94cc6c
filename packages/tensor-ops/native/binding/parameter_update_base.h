// What the ops of optimizer steps share on the CPU and on the GPU: the checks of their inputs.
#ifndef ICCONV_BINDING_PARAMETER_UPDATE_BASE_H_
#define ICCONV_BINDING_PARAMETER_UPDATE_BASE_H_

#include "binding/op.h"
#include "common/memory.h"
#include "ops/parameter_update/parameter_update.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

inline absl::Status check_sizes(const char* name, const tensorflow::OpInputList& expected, const tensorflow::OpInputList& received) {
    for (int i = 0; i < received.size(); ++i) {
        if (received[i].NumElements() == expected[i].NumElements()) continue;
        return invalid_argument(name, "[", i, "] must have shape ", expected[i].shape().DebugString(), ", received ", received[i].shape().DebugString());
    }
    return absl::OkStatus();
}

inline absl::Status check_length(const char* name, const tensorflow::Tensor& tensor, int64_t length) {
    if (tensor.NumElements() == length) return absl::OkStatus();
    return invalid_argument(name, " must have ", length, " numbers, received ", tensor.NumElements());
}

// One output for each input, the first of them output `first` of the op.
template <typename Device>
absl::Status allocate_like(const Device& device, tensorflow::OpKernelContext* context, const tensorflow::OpInputList& inputs, const char* name, tensorflow::OpOutputList* outputs) {
    int first = 0;
    int end = 0;
    absl::Status status = context->op_kernel().OutputRange(name, &first, &end);
    for (int i = 0; i < inputs.size() && status.ok(); ++i) {
        tensorflow::Tensor* output = nullptr;
        status = device.allocate(first + i, name, inputs[i].shape(), &output);
    }
    return status.ok() ? context->output_list(name, outputs) : status;
}

inline const float* read(const tensorflow::OpInputList& list, int i) { return list[i].flat<float>().data(); }
inline float* write(tensorflow::OpOutputList* list, int i) { return (*list)[i]->flat<float>().data(); }

// Device: OnCpu or OnGpu with sgd(), adam(), linear() and norm(), which take the slots and the tensors of the step where they are. Rates are not in
// the slots.
template <typename Device>
class SgdUpdateOp final : public Op {
public:
    using Op::Op;

    void run(tensorflow::OpKernelContext* context) override {
        tensorflow::OpInputList parameters, gradients, momenta;
        OP_REQUIRES_OK(context, context->input_list("parameters", &parameters));
        OP_REQUIRES_OK(context, context->input_list("gradients", &gradients));
        OP_REQUIRES_OK(context, context->input_list("momenta", &momenta));
        const tensorflow::Tensor& rates = context->input(context->num_inputs() - 2);
        const tensorflow::Tensor& step = context->input(context->num_inputs() - 1);
        const int count = parameters.size();
        OP_REQUIRES(context, momenta.size() == 0 || momenta.size() == count, invalid_argument("momenta must be none or one a parameter"));
        OP_REQUIRES_OK(context, check_sizes("gradients", parameters, gradients));
        OP_REQUIRES_OK(context, check_sizes("momenta", parameters, momenta));
        OP_REQUIRES_OK(context, check_length("rates", rates, 2 * count));
        OP_REQUIRES_OK(context, check_length("step", step, 4));
        Device device(context);
        tensorflow::OpOutputList new_parameters, new_momenta;
        OP_REQUIRES_OK(context, allocate_like(device, context, parameters, "new_parameters", &new_parameters));
        OP_REQUIRES_OK(context, allocate_like(device, context, momenta, "new_momenta", &new_momenta));

        const bool with_momentum = momenta.size() > 0;
        Array<ParameterSlot> slots;
        for (int i = 0; i < count; ++i) {
            slots.push_back({parameters[i].NumElements(), 0, 0, read(parameters, i), read(gradients, i),
                             with_momentum ? read(momenta, i) : nullptr, nullptr, write(&new_parameters, i),
                             with_momentum ? write(&new_momenta, i) : nullptr, nullptr});
        }
        device.sgd(rates.flat<float>().data(), step.flat<float>().data(), slots);
    }
};

template <typename Device>
class AdamUpdateOp final : public Op {
public:
    using Op::Op;

    void run(tensorflow::OpKernelContext* context) override {
        tensorflow::OpInputList parameters, gradients, means, squares;
        OP_REQUIRES_OK(context, context->input_list("parameters", &parameters));
        OP_REQUIRES_OK(context, context->input_list("gradients", &gradients));
        OP_REQUIRES_OK(context, context->input_list("means", &means));
        OP_REQUIRES_OK(context, context->input_list("squares", &squares));
        const tensorflow::Tensor& rates = context->input(context->num_inputs() - 2);
        const tensorflow::Tensor& step = context->input(context->num_inputs() - 1);
        const int count = parameters.size();
        OP_REQUIRES_OK(context, check_sizes("gradients", parameters, gradients));
        OP_REQUIRES_OK(context, check_sizes("means", parameters, means));
        OP_REQUIRES_OK(context, check_sizes("squares", parameters, squares));
        OP_REQUIRES_OK(context, check_length("rates", rates, 2 * count));
        OP_REQUIRES_OK(context, check_length("step", step, 7));
        Device device(context);
        tensorflow::OpOutputList new_parameters, new_means, new_squares;
        OP_REQUIRES_OK(context, allocate_like(device, context, parameters, "new_parameters", &new_parameters));
        OP_REQUIRES_OK(context, allocate_like(device, context, parameters, "new_means", &new_means));
        OP_REQUIRES_OK(context, allocate_like(device, context, parameters, "new_squares", &new_squares));

        Array<ParameterSlot> slots;
        for (int i = 0; i < count; ++i) {
            slots.push_back({parameters[i].NumElements(), 0, 0, read(parameters, i), read(gradients, i), read(means, i),
                             read(squares, i), write(&new_parameters, i), write(&new_means, i), write(&new_squares, i)});
        }
        device.adam(rates.flat<float>().data(), step.flat<float>().data(), slots);
    }
};

template <typename Device>
class LinearCombinationOp final : public Op {
public:
    using Op::Op;

    void run(tensorflow::OpKernelContext* context) override {
        tensorflow::OpInputList x, y;
        OP_REQUIRES_OK(context, context->input_list("x", &x));
        OP_REQUIRES_OK(context, context->input_list("y", &y));
        const tensorflow::Tensor& factors = context->input(context->num_inputs() - 1);
        OP_REQUIRES_OK(context, check_sizes("y", x, y));
        OP_REQUIRES_OK(context, check_length("factors", factors, 2));
        Device device(context);
        tensorflow::OpOutputList result;
        OP_REQUIRES_OK(context, allocate_like(device, context, x, "result", &result));
        Array<ParameterSlot> slots;
        for (int i = 0; i < x.size(); ++i) {
            slots.push_back({x[i].NumElements(), 0, 0, read(x, i), read(y, i), nullptr, nullptr, write(&result, i), nullptr, nullptr});
        }
        device.linear(factors.flat<float>().data(), slots);
    }
};

template <typename Device>
class GlobalNormOp final : public Op {
public:
    using Op::Op;

    void run(tensorflow::OpKernelContext* context) override {
        tensorflow::OpInputList arrays;
        OP_REQUIRES_OK(context, context->input_list("arrays", &arrays));
        Device device(context);
        tensorflow::Tensor* output = nullptr;
        OP_REQUIRES_OK(context, device.allocate(0, "norm", tensorflow::TensorShape(), &output));
        Array<ParameterSlot> slots;
        for (int i = 0; i < arrays.size(); ++i) {
            slots.push_back({arrays[i].NumElements(), 0, 0, read(arrays, i), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr});
        }
        device.norm(slots, output->scalar<float>().data());
    }
};

}  // namespace icconv

#endif  // ICCONV_BINDING_PARAMETER_UPDATE_BASE_H_
