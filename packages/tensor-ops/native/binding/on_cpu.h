// Where an op of the CPU has its outputs and its work: what the ops that a base header shares with the GPU (gpu/on_gpu.h) are made over.
#ifndef ICCONV_BINDING_ON_CPU_H_
#define ICCONV_BINDING_ON_CPU_H_

#include "binding/op.h"
#include "binding/tf_executor.h"

namespace icconv {

class OnCpu {
public:
    explicit OnCpu(tensorflow::OpKernelContext* context) : context_(context), executor_(context) {}

    // Memory for an output; lengths: a shape, or numbers that may be anything.
    absl::Status allocate(int index, const char* name, const tensorflow::TensorShape& shape, tensorflow::Tensor** output) const {
        return allocate_output(context_, index, name, shape, output);
    }
    absl::Status allocate(int index, const char* name, std::initializer_list<int64_t> lengths, tensorflow::Tensor** output) const {
        return allocate_output(context_, index, name, lengths, output);
    }

protected:
    tensorflow::OpKernelContext* context_;
    TfExecutor executor_;
};

}  // namespace icconv

#endif  // ICCONV_BINDING_ON_CPU_H_
