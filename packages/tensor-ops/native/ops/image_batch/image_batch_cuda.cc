#include "ops/image_batch/image_batch_cuda.h"

#include <algorithm>
#include <cstring>

#include "ops/image_batch/plan.h"

namespace icconv {
namespace {

using image_batch_detail::Axis;
using image_batch_detail::Plan;

constexpr CudaKernel kKernel{"image_batch", "icconv_image_batch"};

void append(const Array<float>& from, Array<int32_t>* to) {
    const size_t at = to->size();
    to->resize(at + from.size());
    if (!from.empty()) std::memcpy(to->data() + at, from.data(), from.size() * sizeof(float));
}

ImageCudaAxis axis_of(const Axis& axis, Array<int32_t>* numbers) {
    ImageCudaAxis placed{static_cast<int32_t>(axis.inside_begin), static_cast<int32_t>(axis.inside_end), axis.wide, static_cast<int64_t>(numbers->size()), 0, 0};
    if (axis.wide) {
        numbers->insert(numbers->end(), axis.start.begin(), axis.start.end());
        placed.offset = static_cast<int64_t>(numbers->size());
        for (int64_t offset : axis.offset) numbers->push_back(static_cast<int32_t>(offset));
        placed.weights = static_cast<int64_t>(numbers->size());
        append(axis.weights, numbers);
    } else {
        numbers->insert(numbers->end(), axis.first.begin(), axis.first.end());
        numbers->insert(numbers->end(), axis.second.begin(), axis.second.end());
        append(axis.weight, numbers);
    }
    return placed;
}

}  // namespace

ImageBatchCudaPlan::ImageBatchCudaPlan(const ImageBatchParams& params, const SourceImage* sources, const Placement* list, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const Placement& p = list[i];
        const Plan plan = image_batch_detail::make_plan(params, sources[p.source], p);
        ImageCudaPlacement placed{};
        std::copy(p.map, p.map + 6, placed.map);
        std::copy(p.colour, p.colour + 12, placed.colour);
        std::copy(plan.fill, plan.fill + 3, placed.fill);
        std::copy(plan.border, plan.border + 3, placed.border);
        placed.source = plan.source.data;
        placed.height = static_cast<int32_t>(plan.source.height);
        placed.width = static_cast<int32_t>(plan.source.width);
        placed.batch = p.batch, placed.top = p.top, placed.left = p.left, placed.bottom = p.bottom, placed.right = p.right;
        placed.has_colour = p.has_colour;
        placed.kind = plan.separable ? kImageSeparable : params.opencv ? kImageWarp : kImageAffine;
        if (placed.kind == kImageSeparable) {
            placed.x = axis_of(plan.x, &numbers);
            placed.y = axis_of(plan.y, &numbers);
        } else if (placed.kind == kImageWarp) {
            placed.steps = static_cast<int64_t>(longs.size());
            longs.insert(longs.end(), plan.step_x.begin(), plan.step_x.end());
            longs.insert(longs.end(), plan.step_y.begin(), plan.step_y.end());
            placed.origins = static_cast<int64_t>(longs.size());
            for (int axis = 0; axis < 2; ++axis) {
                for (int64_t y = p.top; y < p.bottom; ++y) longs.push_back(image_batch_detail::warp_origin(p.map + 3 * axis, y));
            }
        }
        placements.push_back(placed);
    }
}

void image_batch_cuda(const ImageBatchParams& params, const ImageBatchCudaPlan& plan, const ImageBatchCudaPlaced& placed, float* out,
                      Launcher& launcher) {
    ImageCudaParams p{static_cast<int32_t>(params.batch), static_cast<int32_t>(params.height), static_cast<int32_t>(params.width),
                      static_cast<int32_t>(plan.placements.size()), {}, {}, params.reversed, params.round, params.opencv};
    std::copy(params.scale, params.scale + 3, p.scale);
    std::copy(params.bias, params.bias + 3, p.bias);
    const int64_t pixels = params.batch * params.height * params.width;
    launcher.launch(kKernel, {static_cast<unsigned>((pixels + kImageThreads - 1) / kImageThreads), kImageThreads}, placed.placements, placed.numbers,
                    placed.longs, p, out);
}

}  // namespace icconv
