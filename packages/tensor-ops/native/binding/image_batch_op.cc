// TensorFlow op IcconvImageBatch over ops/image_batch.
#include "binding/image_batch_base.h"
#include "binding/on_cpu.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

// TensorFlow.js has no 8-bit tensors, so pixels come as int32 tensors that hold four bytes an element, padded at the end.
// sizes [N, 2]: height, width. regions [P, 6]: source, batch, top, left, bottom, right. maps [P, 12]: the bits of the map's six
// doubles. colours [P, 12]: the bits of twelve floats, or [0] for none. shape [3]: B, H, W; a tensor and no attribute, because
// TensorFlow keeps a kernel for every set of attribute values it has seen.
REGISTER_OP("IcconvImageBatch")
    .Input("images: N * int32")
    .Input("sizes: int32")
    .Input("regions: int32")
    .Input("maps: int32")
    .Input("colours: int32")
    .Input("shape: int32")
    .Output("batch: float")
    .Attr("N: int >= 1")
    .Attr("scale: list(float)")
    .Attr("bias: list(float)")
    .Attr("fill: list(float)")
    .Attr("reversed: bool")
    .Attr("antialias: bool")
    .Attr("round: bool")
    .Attr("opencv: bool")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class ImageBatchOnCpu : public OnCpu {
public:
    using OnCpu::OnCpu;

    void paint(const ImageBatchParams& params, const Array<SourceImage>& sources, const Array<Placement>& placements, float* output) {
        image_batch(params, sources.data(), placements.data(), static_cast<int64_t>(placements.size()), output, executor_);
    }
};

REGISTER_KERNEL_BUILDER(Name("IcconvImageBatch").Device(tensorflow::DEVICE_CPU), ImageBatchOp<ImageBatchOnCpu>);

}  // namespace
}  // namespace icconv
