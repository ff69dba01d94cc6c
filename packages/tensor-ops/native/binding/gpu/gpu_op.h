// What every GPU kernel's op is: as Op (binding/op.h), with a launcher on TensorFlow's own stream and memory of the device.
#ifndef ICCONV_BINDING_GPU_GPU_OP_H_
#define ICCONV_BINDING_GPU_GPU_OP_H_

#include <cstdint>

#include "binding/op.h"
#include "cuda/driver_launcher.h"
#include "tensorflow/core/framework/device_base.h"
#include "xla/stream_executor/stream.h"

namespace icconv {

// The CUstream that TensorFlow queues its own kernels on. Virtual calls alone: there is nothing of CUDA to link.
inline void* stream_of(tensorflow::OpKernelContext* context) {
    return context->op_device_context()->stream()->platform_specific_handle().stream;
}

// As allocate_output(), for memory of the device, which is another's to count.
inline absl::Status allocate_on_device(tensorflow::OpKernelContext* context, int index, const char* name, std::initializer_list<int64_t> lengths,
                                       tensorflow::Tensor** output) {
    tensorflow::TensorShape shape;
    const absl::Status status = checked_shape(context, name, lengths, &shape);
    return status.ok() ? context->allocate_output(index, shape, output) : status;
}

}  // namespace icconv

#endif  // ICCONV_BINDING_GPU_GPU_OP_H_
