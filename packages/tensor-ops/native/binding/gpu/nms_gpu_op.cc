// The op of nms_op.cc on the GPU, over nms_cuda.h.
#include "binding/gpu/gpu_op.h"
#include "binding/nms_base.h"
#include "ops/nms/nms_cuda.h"

namespace icconv {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;

// Of the mask's pieces, on the device and on the host: 8,000 candidates in one.
constexpr size_t kPieceBytes = 8 << 20;

class OnGpu {
public:
    explicit OnGpu(OpKernelContext* context) : context_(context), launcher_(stream_of(context)) {}

    const float* scores(const Tensor& scores) {
        scores_.resize(static_cast<size_t>(scores.NumElements()));
        launcher_.to_host(scores_.data(), scores.data(), scores.TotalBytes());
        return scores_.data();
    }

    Array<int32_t> kept(const NmsParams& params, const float* boxes, const float* scores, const int32_t* groups, int64_t count) {
        const Array<int32_t> order = nms_candidates(params, scores, count);
        if (order.empty()) return order;
        const auto candidates = static_cast<int64_t>(order.size());
        const int64_t rows = nms_mask_rows(candidates, kPieceBytes), words = nms_mask_words(candidates);
        Tensor of_order, of_groups, of_mask;
        const int32_t* const placed_order = place(order.data(), candidates, &of_order);
        const int32_t* const placed_groups = groups == nullptr ? nullptr : place(groups, count, &of_groups);
        auto* const placed_mask = static_cast<uint64_t*>(allocate(tensorflow::DT_INT64, rows * words, &of_mask));
        Array<uint64_t> mask(static_cast<size_t>(rows * words));
        return nms_from_mask(params, order, rows, [&](int64_t first, int64_t of_piece) {
            nms_mask_cuda(params, boxes, placed_groups, placed_order, candidates, first, of_piece, placed_mask, launcher_);
            launcher_.to_host(mask.data(), placed_mask, static_cast<size_t>(of_piece * words) * sizeof(uint64_t));
            return mask.data();
        });
    }

private:
    void* allocate(tensorflow::DataType type, int64_t count, Tensor* tensor) {
        const absl::Status status = context_->allocate_temp(type, {count}, tensor);
        if (!status.ok()) throw CudaFailure("memory of the device for boxes: " + std::string(status.message()));
        return tensor->data();
    }
    const int32_t* place(const int32_t* from, int64_t count, Tensor* tensor) {
        void* const to = allocate(tensorflow::DT_INT32, count, tensor);
        launcher_.to_device(to, from, count * sizeof(int32_t));
        return static_cast<const int32_t*>(to);
    }

    OpKernelContext* context_;
    DriverLauncher launcher_;
    Array<float> scores_;
};

REGISTER_KERNEL_BUILDER(Name("IcconvNms").Device(tensorflow::DEVICE_GPU).HostMemory("groups").HostMemory("kept"), NmsOp<OnGpu>);

}  // namespace
}  // namespace icconv
