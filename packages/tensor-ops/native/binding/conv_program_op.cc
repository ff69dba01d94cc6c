// TensorFlow op IcconvConvProgram over ops/conv_program; README.md there has its interface.
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "binding/op.h"
#include "binding/tf_executor.h"
#include "common/team.h"
#include "ops/conv_program/conv_program.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

using tensorflow::OpInputList;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;

REGISTER_OP("IcconvConvProgram")
    .Input("image: float")
    .Input("program: int32")
    .Input("parameters: P * float")
    .Output("outputs: K * float")
    .Attr("P: int >= 0")
    .Attr("K: int >= 1")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

// The memory between steps, kept from call to call up to a size: fresh memory would be faulted in at every call. None for no floats, as
// where every map is an output.
class StepMemory {
public:
    float* get(size_t floats) {
        if (floats > size_) {
            floats_.reset();
            size_ = 0;
            floats_ = allocate(floats * sizeof(float), kHugePage);
            size_ = floats;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
            madvise(floats_.get(), floats * sizeof(float), MADV_HUGEPAGE);
#endif
        }
        return static_cast<float*>(floats_.get());
    }

private:
    static constexpr size_t kHugePage = 2 << 20;
    Memory floats_;
    size_t size_ = 0;
};

// Larger maps take so long that fresh memory does not show.
constexpr size_t kKeptFloats = (64 << 20) / sizeof(float);
// Networks of one process; beyond, their programs are read anew.
constexpr size_t kKnownPrograms = 32;

class ConvProgramOp final : public Op {
public:
    using Op::Op;

    void run(OpKernelContext* context) override {
        const Tensor& image = context->input(0);
        const Tensor& code = context->input(1);
        OpInputList inputs;
        OP_REQUIRES_OK(context, context->input_list("parameters", &inputs));
        Array<Parameter> parameters;
        for (const Tensor& tensor : inputs) parameters.push_back({tensor.flat<float>().data(), static_cast<size_t>(tensor.NumElements())});
        std::string problem;
        const std::shared_ptr<const ConvProgram> program = this->program(code, static_cast<int>(parameters.size()), &problem);
        OP_REQUIRES(context, program != nullptr && program->outputs() == num_outputs(), invalid_argument(problem));
        OP_REQUIRES(context, image.dims() == 4 && image.NumElements() <= kMostElements,
                    invalid_argument("image must have shape [N, H, W, C], received ", image.shape().DebugString()));
        const auto length = [&](int axis) { return static_cast<int>(image.dim_size(axis)); };
        ConvProgram::Layout layout;
        OP_REQUIRES(context, program->lay_out({length(0), length(1), length(2), length(3)}, parameters, &layout, &problem),
                    invalid_argument(problem));
        Array<float*> outputs;
        for (int i = 0; i < num_outputs(); ++i) {
            const FeatureMap& map = program->output(layout, i);
            Tensor* tensor = nullptr;
            OP_REQUIRES_OK(context, allocate_output(context, i, "outputs", {map.batch, map.height, map.width, map.channels}, &tensor));
            outputs.push_back(tensor->flat<float>().data());
        }
        if (image.NumElements() == 0) return;
        const auto* pool = context->device()->tensorflow_cpu_worker_threads();
        const int threads = pool == nullptr || pool->workers == nullptr ? 1 : std::max(1, pool->workers->NumThreads());
        Team team(threads, [&](std::function<void()> help) { pool->workers->Schedule(std::move(help)); });
        const auto run = [&](float* memory) { program->run(layout, image.flat<float>().data(), parameters, memory, outputs, team); };
        std::unique_ptr<StepMemory> memory = take();
        run(memory->get(layout.floats));
        if (layout.floats <= kKeptFloats) give(std::move(memory));
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

    std::unique_ptr<StepMemory> take() {
        std::lock_guard<std::mutex> lock(mutex_);
        if (free_.empty()) return std::make_unique<StepMemory>();
        std::unique_ptr<StepMemory> memory = std::move(free_.back());
        free_.pop_back();
        return memory;
    }

    void give(std::unique_ptr<StepMemory> memory) {
        std::lock_guard<std::mutex> lock(mutex_);
        free_.push_back(std::move(memory));
    }

    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const ConvProgram>> programs_;
    std::vector<std::unique_ptr<StepMemory>> free_;
};

REGISTER_KERNEL_BUILDER(Name("IcconvConvProgram").Device(tensorflow::DEVICE_CPU).HostMemory("program"), ConvProgramOp);

}  // namespace
}  // namespace icconv
