// TensorFlow op IcconvPasteMasks over ops/mask_paste.
#include "binding/mask_paste_base.h"
#include "binding/on_cpu.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {
namespace {

// probabilities [N, S, S]; boxes [N, 4]; size [2]: H, W, a tensor and no attribute, because TensorFlow keeps a kernel for every set of
// attribute values it has seen. Outputs: counts of all masks, lengths [N].
REGISTER_OP("IcconvPasteMasks")
    .Input("probabilities: float")
    .Input("boxes: float")
    .Input("size: int32")
    .Output("counts: int32")
    .Output("lengths: int32")
    .Attr("threshold: float")
    .Attr("whole_boxes: bool")
    .SetShapeFn(tensorflow::shape_inference::UnknownShape);

class PasteMasksOnCpu : public OnCpu {
public:
    using OnCpu::OnCpu;

    const float* floats(const tensorflow::Tensor& tensor) const { return tensor.flat<float>().data(); }
};

REGISTER_KERNEL_BUILDER(Name("IcconvPasteMasks").Device(tensorflow::DEVICE_CPU), PasteMasksOp<PasteMasksOnCpu>);

}  // namespace
}  // namespace icconv
