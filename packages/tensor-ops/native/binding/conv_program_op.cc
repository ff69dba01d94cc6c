// TensorFlow op IcconvConvProgram over ops/conv_program; README.md there has its interface.
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "binding/tf_executor.h"
#include "common/team.h"
#include "ops/conv_program/conv_program.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpInputList;
using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;

REGISTER_OP("IcconvConvProgram")
    .Input("image: float")
    .Input("program: int32")
    .Input("parameters: P * float")
    .Output("outputs: K * float")
    .Attr("P: int >= 0")
    .Attr("K: int >= 1")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

// The memory between steps, kept from call to call up to a size: fresh memory would be faulted in at every call.
class Memory {
public:
    float* get(size_t floats) {
        if (floats > size_) {
            floats_.reset();
            size_ = 0;
            floats_.reset(static_cast<float*>(std::aligned_alloc(kHugePage, (floats * sizeof(float) + kHugePage - 1) / kHugePage * kHugePage)));
            if (floats_ == nullptr) return nullptr;
            size_ = floats;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
            madvise(floats_.get(), floats * sizeof(float), MADV_HUGEPAGE);
#endif
        }
        return floats_.get();
    }

private:
    static constexpr size_t kHugePage = 2 << 20;
    struct Free {
        void operator()(float* p) const { std::free(p); }
    };
    std::unique_ptr<float, Free> floats_;
    size_t size_ = 0;
};

// Larger maps take so long that asking TensorFlow for memory does not show.
constexpr size_t kKeptFloats = (64 << 20) / sizeof(float);
// Networks of one process; beyond, their programs are read anew.
constexpr size_t kKnownPrograms = 32;

class ConvProgramOp final : public OpKernel {
public:
    using OpKernel::OpKernel;

    void Compute(OpKernelContext* context) override {
        const Tensor& image = context->input(0);
        const Tensor& code = context->input(1);
        OpInputList inputs;
        OP_REQUIRES_OK(context, context->input_list("parameters", &inputs));
        std::vector<Parameter> parameters;
        for (const Tensor& tensor : inputs) parameters.push_back({tensor.flat<float>().data(), static_cast<size_t>(tensor.NumElements())});
        std::string problem;
        const std::shared_ptr<const ConvProgram> program = this->program(code, static_cast<int>(parameters.size()), &problem);
        OP_REQUIRES(context, program != nullptr && program->outputs() == num_outputs(), invalid_argument(problem));
        OP_REQUIRES(context, image.dims() == 4 && image.NumElements() < std::numeric_limits<int32_t>::max(),
                    invalid_argument("image must have shape [N, H, W, C], received ", image.shape().DebugString()));
        const auto length = [&](int axis) { return static_cast<int>(image.dim_size(axis)); };
        ConvProgram::Layout layout;
        OP_REQUIRES(context, program->lay_out({length(0), length(1), length(2), length(3)}, parameters, &layout, &problem),
                    invalid_argument(problem));
        std::vector<float*> outputs;
        for (int i = 0; i < num_outputs(); ++i) {
            const FeatureMap& map = program->output(layout, i);
            Tensor* tensor = nullptr;
            OP_REQUIRES_OK(context, context->allocate_output(i, TensorShape({map.batch, map.height, map.width, map.channels}), &tensor));
            advise_huge_pages(tensor);
            outputs.push_back(tensor->flat<float>().data());
        }
        if (image.NumElements() == 0) return;
        const auto* pool = context->device()->tensorflow_cpu_worker_threads();
        const int threads = pool == nullptr || pool->workers == nullptr ? 1 : std::max(1, pool->workers->NumThreads());
        Team team(threads, [&](std::function<void()> help) { pool->workers->Schedule(std::move(help)); });
        const auto run = [&](float* memory) { program->run(layout, image.flat<float>().data(), parameters, memory, outputs, team); };
        if (layout.floats > kKeptFloats) {
            Tensor memory;
            OP_REQUIRES_OK(context, context->allocate_temp(tensorflow::DT_FLOAT, TensorShape({static_cast<int64_t>(layout.floats)}), &memory));
            advise_huge_pages(&memory);
            run(memory.flat<float>().data());
            return;
        }
        std::unique_ptr<Memory> memory = take();
        float* const floats = memory->get(layout.floats);
        OP_REQUIRES(context, floats != nullptr, absl::ResourceExhaustedError("no memory for feature maps"));
        run(floats);
        give(std::move(memory));
    }

private:
    // Programs are told apart by what they are, not by their tensors, which come and go.
    std::shared_ptr<const ConvProgram> program(const Tensor& code, int parameters, std::string* problem) {
        const auto numbers = code.flat<int32_t>();
        std::string key(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(int32_t));
        std::lock_guard<std::mutex> lock(mutex_);
        const auto found = programs_.find(key);
        if (found != programs_.end()) return found->second;
        std::shared_ptr<const ConvProgram> made = ConvProgram::parse(numbers.data(), static_cast<size_t>(numbers.size()), parameters, problem);
        if (made == nullptr) return nullptr;
        if (programs_.size() >= kKnownPrograms) programs_.clear();
        programs_.emplace(std::move(key), made);
        return made;
    }

    std::unique_ptr<Memory> take() {
        std::lock_guard<std::mutex> lock(mutex_);
        if (free_.empty()) return std::make_unique<Memory>();
        std::unique_ptr<Memory> memory = std::move(free_.back());
        free_.pop_back();
        return memory;
    }

    void give(std::unique_ptr<Memory> memory) {
        std::lock_guard<std::mutex> lock(mutex_);
        free_.push_back(std::move(memory));
    }

    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const ConvProgram>> programs_;
    std::vector<std::unique_ptr<Memory>> free_;
};

REGISTER_KERNEL_BUILDER(Name("IcconvConvProgram").Device(tensorflow::DEVICE_CPU).HostMemory("program"), ConvProgramOp);

}  // namespace
}  // namespace icconv
