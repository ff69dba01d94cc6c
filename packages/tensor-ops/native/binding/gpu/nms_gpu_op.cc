// The op of nms_op.cc on the GPU, over nms_cuda.h.
#include "binding/gpu/on_gpu.h"
#include "binding/nms_base.h"
#include "ops/nms/nms_cuda.h"

namespace icconv {
namespace {

using tensorflow::Tensor;

// Of the mask's pieces, on the device and on the host: 8,000 candidates in one.
constexpr size_t kPieceBytes = 8 << 20;

class NmsOnGpu : public OnGpu {
public:
    using OnGpu::OnGpu;

    const float* scores(const Tensor& scores) {
        scores_.resize(static_cast<size_t>(scores.NumElements()));
        launcher().to_host(scores_.data(), scores.data(), scores.TotalBytes());
        return scores_.data();
    }

    Array<int32_t> kept(const NmsParams& params, const float* boxes, const float* scores, const int32_t* groups, int64_t count) {
        const Array<int32_t> order = nms_candidates(params, scores, count);
        if (order.empty()) return order;
        const auto candidates = static_cast<int64_t>(order.size());
        const int64_t rows = nms_mask_rows(candidates, kPieceBytes), words = nms_mask_words(candidates);
        const int32_t* const placed_order = place(order.data(), candidates);
        const int32_t* const placed_groups = groups == nullptr ? nullptr : place(groups, count);
        auto* const placed_mask = temporary<uint64_t>(rows * words);
        Array<uint64_t> mask(static_cast<size_t>(rows * words));
        return nms_from_mask(params, order, rows, [&](int64_t first, int64_t of_piece) {
            nms_mask_cuda(params, boxes, placed_groups, placed_order, candidates, first, of_piece, placed_mask, launcher());
            launcher().to_host(mask.data(), placed_mask, static_cast<size_t>(of_piece * words) * sizeof(uint64_t));
            return mask.data();
        });
    }

private:
    Array<float> scores_;
};

REGISTER_KERNEL_BUILDER(Name("IcconvNms").Device(tensorflow::DEVICE_GPU).HostMemory("groups").HostMemory("kept"), NmsOp<NmsOnGpu>);

}  // namespace
}  // namespace icconv
