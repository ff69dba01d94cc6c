// What every op of this project is: sizes are checked before memory is asked for, and memory that ends becomes a status.
#ifndef ICCONV_BINDING_OP_H_
#define ICCONV_BINDING_OP_H_

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <new>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "absl/status/status.h"
#include "common/memory.h"
#include "common/sizes.h"
#include "cuda/cuda_error.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

// The status of an op that got bad input; takes anything that prints.
template <typename... Args>
absl::Status invalid_argument(const Args&... args) {
    std::ostringstream message;
    (message << ... << args);
    return absl::InvalidArgumentError(message.str());
}

// src/ops/native-errors.ts reads "asked for <bytes> bytes" in this message.
inline absl::Status out_of_memory(const tensorflow::OpKernelContext* context, size_t bytes, const char* purpose) {
    std::ostringstream message;
    message << "out of memory: " << context->op_kernel().type_string() << " asked for " << bytes << " bytes for " << purpose;
    return absl::ResourceExhaustedError(message.str());
}

// An attribute of two numbers, of rows and of columns.
inline absl::Status pair_attribute(tensorflow::OpKernelConstruction* context, const char* name, int least, int* height, int* width) {
    std::vector<int32_t> values;
    const absl::Status status = context->GetAttr(name, &values);
    if (!status.ok()) return status;
    if (values.size() != 2 || values[0] < least || values[1] < least) return invalid_argument(name, " must be two numbers of at least ", least);
    *height = values[0];
    *width = values[1];
    return absl::OkStatus();
}

// A kernel whose work may throw for want of memory. TensorFlow calls Compute on threads that nobody catches an exception on.
class Op : public tensorflow::OpKernel {
public:
    using tensorflow::OpKernel::OpKernel;

    void Compute(tensorflow::OpKernelContext* context) final {
        try {
            run(context);
        } catch (const OutOfMemory& error) {
            context->CtxFailure(out_of_memory(context, error.bytes(), "intermediate results"));
        } catch (const std::bad_alloc&) {
            context->CtxFailure(absl::ResourceExhaustedError("out of memory"));
        } catch (const std::length_error&) {
            context->CtxFailure(out_of_memory(context, std::numeric_limits<size_t>::max(), "intermediate results"));
        } catch (const CudaUnavailable& error) {
            context->CtxFailure(absl::UnavailableError(error.what()));
        } catch (const CudaFailure& error) {
            context->CtxFailure(absl::InternalError(error.what()));
        }
    }

protected:
    virtual void run(tensorflow::OpKernelContext* context) = 0;
};

// Asks for 2 MiB pages under a large fresh output. Memory of this size comes new from the system, and faulting it in by 4 KiB
// pages takes longer than computing many an operator (measured: half of RoIAlign's time). Advice only; a refusal costs nothing.
inline void advise_huge_pages(tensorflow::Tensor* tensor) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    constexpr std::uintptr_t kHugePage = 2 << 20;
    const auto begin = reinterpret_cast<std::uintptr_t>(tensor->data());
    const std::uintptr_t from = (begin + 4095) & ~std::uintptr_t{4095};
    const std::uintptr_t to = (begin + tensor->TotalBytes()) & ~std::uintptr_t{4095};
    if (to > from && to - from >= 2 * kHugePage) madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
#else
    (void)tensor;
#endif
}

// A shape of lengths that may be anything: TensorShape's own constructor ends the process where they are negative or too large.
inline absl::Status checked_shape(const tensorflow::OpKernelContext* context, const char* name, std::initializer_list<int64_t> lengths,
                                  tensorflow::TensorShape* shape) {
    if (element_count(lengths) < 0) {
        std::ostringstream list;
        for (int64_t length : lengths) list << (list.tellp() > 0 ? ", " : "") << length;
        return invalid_argument(context->op_kernel().type_string(), ": ", name, " must have at most ", kMostElements, " elements, received [",
                                list.str(), "]");
    }
    return tensorflow::TensorShape::BuildTensorShape(lengths, shape);
}

// Memory for output `index`, counted over all lists of outputs and called `name` in messages.
inline absl::Status allocate_output(tensorflow::OpKernelContext* context, int index, const char* name, const tensorflow::TensorShape& shape,
                                    tensorflow::Tensor** output) {
    const size_t bytes = static_cast<size_t>(shape.num_elements()) * tensorflow::DataTypeSize(context->expected_output_dtype(index));
    if (!obtainable(bytes)) return out_of_memory(context, bytes, name);
    const absl::Status status = context->allocate_output(index, shape, output);
    if (!status.ok()) return absl::IsResourceExhausted(status) ? out_of_memory(context, bytes, name) : status;
    advise_huge_pages(*output);
    return absl::OkStatus();
}

// The same for lengths that may be anything.
inline absl::Status allocate_output(tensorflow::OpKernelContext* context, int index, const char* name, std::initializer_list<int64_t> lengths,
                                    tensorflow::Tensor** output) {
    tensorflow::TensorShape shape;
    const absl::Status status = checked_shape(context, name, lengths, &shape);
    return status.ok() ? allocate_output(context, index, name, shape, output) : status;
}

}  // namespace icconv

#endif  // ICCONV_BINDING_OP_H_
