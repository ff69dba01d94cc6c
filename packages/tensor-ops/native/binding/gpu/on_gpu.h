// As on_cpu.h, on the GPU: a launcher on TensorFlow's own stream, and memory of the device.
#ifndef ICCONV_BINDING_GPU_ON_GPU_H_
#define ICCONV_BINDING_GPU_ON_GPU_H_

#include <cstdint>
#include <string>
#include <type_traits>

#include "binding/op.h"
#include "cuda/driver_launcher.h"
#include "tensorflow/core/framework/device_base.h"
#include "xla/stream_executor/stream.h"

namespace icconv {

class OnGpu {
public:
    explicit OnGpu(tensorflow::OpKernelContext* context) : context_(context), launcher_(stream_of(context)) {}

    // As on the CPU. What the device lacks is told with its bytes.
    absl::Status allocate(int index, const char* name, const tensorflow::TensorShape& shape, tensorflow::Tensor** output) const {
        const absl::Status status = context_->allocate_output(index, shape, output);
        if (!absl::IsResourceExhausted(status)) return status;
        const size_t element = tensorflow::DataTypeSize(context_->expected_output_dtype(index));
        return out_of_memory(context_, static_cast<size_t>(shape.num_elements()) * element, (std::string(name) + " on the GPU").c_str());
    }
    absl::Status allocate(int index, const char* name, std::initializer_list<int64_t> lengths, tensorflow::Tensor** output) const {
        tensorflow::TensorShape shape;
        const absl::Status status = checked_shape(context_, name, lengths, &shape);
        return status.ok() ? allocate(index, name, shape, output) : status;
    }

    // Memory of the device while the op lives: TensorFlow gives it to others behind this op's work on the stream. @throws OutOfMemory
    template <typename T>
    T* temporary(int64_t count) {
        tensorflow::Tensor tensor;
        const absl::Status status = context_->allocate_temp(tensorflow::DT_UINT8, {count * static_cast<int64_t>(sizeof(T))}, &tensor);
        if (!status.ok()) throw OutOfMemory(static_cast<size_t>(count) * sizeof(T));
        temporaries_.push_back(tensor);
        return static_cast<T*>(tensor.data());
    }
    // Numbers of the host there.
    template <typename T>
    const T* place(const T* from, int64_t count) {
        static_assert(std::is_trivially_copyable_v<T>);
        T* const to = temporary<T>(count);
        launcher_.to_device(to, from, static_cast<size_t>(count) * sizeof(T));
        return to;
    }

    // Numbers from there, when all that was queued before has ended.
    template <typename T>
    void read(T* to, const T* from, int64_t count) {
        if (count > 0) launcher_.to_host(to, from, static_cast<size_t>(count) * sizeof(T));
    }

    DriverLauncher& launcher() { return launcher_; }

protected:
    tensorflow::OpKernelContext* context_;

private:
    // The CUstream that TensorFlow queues its own kernels on. Virtual calls alone: there is nothing of CUDA to link.
    static void* stream_of(tensorflow::OpKernelContext* context) {
        return context->op_device_context()->stream()->platform_specific_handle().stream;
    }

    DriverLauncher launcher_;
    Array<tensorflow::Tensor> temporaries_;
};

}  // namespace icconv

#endif  // ICCONV_BINDING_GPU_ON_GPU_H_
