// The op of image_batch_op.cc on the GPU, over image_batch_cuda.h. Pictures go over as they are, three bytes a pixel.
#include "binding/gpu/on_gpu.h"
#include "binding/image_batch_base.h"
#include "ops/image_batch/image_batch_cuda.h"

namespace icconv {
namespace {

class ImageBatchOnGpu : public OnGpu {
public:
    using OnGpu::OnGpu;

    void paint(const ImageBatchParams& params, Array<SourceImage> sources, const Array<Placement>& placements, float* output) {
        for (SourceImage& source : sources) source.data = place(source.data, 3 * source.height * source.width);
        const ImageBatchCudaPlan plan(params, sources.data(), placements.data(), static_cast<int64_t>(placements.size()));
        const auto placed = [&](const auto& list) { return place(list.data(), static_cast<int64_t>(list.size())); };
        image_batch_cuda(params, plan, {placed(plan.placements), placed(plan.numbers), placed(plan.longs)}, output, launcher());
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvImageBatch")
                            .Device(tensorflow::DEVICE_GPU)
                            .HostMemory("images")
                            .HostMemory("sizes")
                            .HostMemory("regions")
                            .HostMemory("maps")
                            .HostMemory("colours")
                            .HostMemory("shape"),
                        ImageBatchOp<ImageBatchOnGpu>);

}  // namespace
}  // namespace icconv
