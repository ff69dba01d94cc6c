// What the op of image batches shares on the CPU and on the GPU: its attributes and the reading of its inputs, all of which are of the host.
#ifndef ICCONV_BINDING_IMAGE_BATCH_BASE_H_
#define ICCONV_BINDING_IMAGE_BATCH_BASE_H_

#include <cstdint>
#include <cstring>
#include <vector>

#include "binding/op.h"
#include "common/memory.h"
#include "ops/image_batch/image_batch.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

// Device: OnCpu or OnGpu with image_batch() as paint(), its sources being of the host.
template <typename Device>
class ImageBatchOp final : public Op {
public:
    explicit ImageBatchOp(tensorflow::OpKernelConstruction* context) : Op(context) {
        OP_REQUIRES_OK(context, triple(context, "scale", params_.scale));
        OP_REQUIRES_OK(context, triple(context, "bias", params_.bias));
        OP_REQUIRES_OK(context, triple(context, "fill", params_.fill));
        OP_REQUIRES_OK(context, context->GetAttr("reversed", &params_.reversed));
        OP_REQUIRES_OK(context, context->GetAttr("antialias", &params_.antialias));
        OP_REQUIRES_OK(context, context->GetAttr("round", &params_.round));
        OP_REQUIRES_OK(context, context->GetAttr("opencv", &params_.opencv));
    }

    void run(tensorflow::OpKernelContext* context) override {
        tensorflow::OpInputList images;
        OP_REQUIRES_OK(context, context->input_list("images", &images));
        const int count = images.size();
        const tensorflow::Tensor& sizes = context->input(count);
        const tensorflow::Tensor& regions = context->input(count + 1);
        const tensorflow::Tensor& maps = context->input(count + 2);
        const tensorflow::Tensor& colours = context->input(count + 3);
        const tensorflow::Tensor& shape = context->input(count + 4);
        const int64_t placed = regions.dim_size(0);
        OP_REQUIRES(context, sizes.NumElements() == 2 * count, invalid_argument("sizes must have shape [", count, ", 2]"));
        OP_REQUIRES(context, regions.NumElements() == 6 * placed, invalid_argument("regions must have shape [P, 6]"));
        OP_REQUIRES(context, maps.NumElements() == 12 * placed, invalid_argument("maps must have shape [", placed, ", 12]"));
        OP_REQUIRES(context, colours.NumElements() == 0 || colours.NumElements() == 12 * placed,
                    invalid_argument("colours must have shape [0] or [", placed, ", 12]"));
        OP_REQUIRES(context, shape.NumElements() == 3, invalid_argument("shape must have 3 numbers"));

        Array<SourceImage> sources;
        const auto size = sizes.flat<int32_t>();
        for (int i = 0; i < count; ++i) {
            const SourceImage source{reinterpret_cast<const uint8_t*>(images[i].flat<int32_t>().data()), size(2 * i), size(2 * i + 1)};
            OP_REQUIRES(context, source.height > 0 && source.width > 0 && 4 * images[i].NumElements() >= 3 * source.height * source.width,
                        invalid_argument("image ", i, " of ", source.height, "x", source.width, " has only ", 4 * images[i].NumElements(), " bytes"));
            sources.push_back(source);
        }
        ImageBatchParams params = params_;
        const auto dims = shape.flat<int32_t>();
        params.batch = dims(0);
        params.height = dims(1);
        params.width = dims(2);
        OP_REQUIRES(context, params.batch >= 0 && params.height >= 0 && params.width >= 0, invalid_argument("shape must not be negative"));
        const Array<Placement> placements = read_placements(regions, maps, colours, placed);
        const int64_t bad = first_bad_placement(params, count, placements.data(), placed);
        OP_REQUIRES(context, bad < 0, invalid_argument("placement ", bad, " names no image, leaves the batch or has a map that is not finite"));
        Device device(context);
        tensorflow::Tensor* output = nullptr;
        OP_REQUIRES_OK(context, device.allocate(0, "batch", {params.batch, params.height, params.width, 3}, &output));
        if (output->NumElements() == 0) return;
        device.paint(params, sources, placements, output->flat<float>().data());
    }

private:
    static absl::Status triple(tensorflow::OpKernelConstruction* context, const char* name, float* values) {
        std::vector<float> list;
        const absl::Status status = context->GetAttr(name, &list);
        if (!status.ok()) return status;
        if (list.size() != 3) return invalid_argument(name, " must have 3 numbers, received ", list.size());
        for (size_t i = 0; i < 3; ++i) values[i] = list[i];
        return absl::OkStatus();
    }

    static Array<Placement> read_placements(const tensorflow::Tensor& regions, const tensorflow::Tensor& maps, const tensorflow::Tensor& colours, int64_t count) {
        Array<Placement> placements(static_cast<size_t>(count));
        const int32_t* region = regions.flat<int32_t>().data();
        const int32_t* map = maps.flat<int32_t>().data();
        const bool coloured = colours.NumElements() > 0;
        for (int64_t p = 0; p < count; ++p, region += 6, map += 12) {
            Placement& placement = placements[static_cast<size_t>(p)];
            placement = {region[0], region[1], region[2], region[3], region[4], region[5], {}, {}, coloured};
            std::memcpy(placement.map, map, sizeof(placement.map));
            if (!coloured) continue;
            std::memcpy(placement.colour, colours.flat<int32_t>().data() + 12 * p, sizeof(placement.colour));
        }
        return placements;
    }

    ImageBatchParams params_{};
};

}  // namespace icconv

#endif  // ICCONV_BINDING_IMAGE_BATCH_BASE_H_
