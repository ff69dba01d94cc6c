#include "common/strict_float.h"

#include "ops/keypoint_maps/keypoint_maps.h"

#include <algorithm>
#include <memory>

#include "common/memory.h"
#include "common/simd.h"
#include "ops/keypoint_maps/row_kernels.h"

namespace icconv {
namespace {

using keypoint_maps_internal::Positions;
using keypoint_maps_internal::RowKernels;

// Rows of one map that a task makes.
constexpr int64_t kRowsPerTask = 128;

const RowKernels& row_kernels() { return ICCONV_AT_SIMD_LEVEL(keypoint_maps_internal::row_kernels)(); }

// Where along an axis each result lies. In float32, as torch has it: in a long axis that moves the weights.
class Axis {
public:
    Axis(int64_t source, int64_t target) {
        const float scale = static_cast<float>(source) / static_cast<float>(target);
        for (int64_t i = 0; i < target; ++i) {
            const float position = std::max(0.0f, scale * (static_cast<float>(i) + 0.5f) - 0.5f);
            const auto low = std::min(static_cast<int32_t>(position), static_cast<int32_t>(source - 1));
            low_.push_back(low);
            high_.push_back(std::min(low + 1, static_cast<int32_t>(source - 1)));
            weight_.push_back(std::min(1.0f, position - static_cast<float>(low)));
        }
    }
    Positions positions() const { return {low_.data(), high_.data(), weight_.data()}; }

private:
    Array<int32_t> low_;
    Array<int32_t> high_;
    Array<float> weight_;
};

// One output's maps as planes, at its own size: the heatmaps' mean over the images, and the tags of every image where they are wanted.
// The mean may be taken before resizing, because that is linear and, with half-pixel centres, the same from either side.
class Planes {
public:
    Planes(const KeypointMapsParams& params, const KeypointOutput& output, bool with_tags, float share)
        : params_(params), output_(output), tag_channels_(with_tags ? output.channels - params.keypoints : 0), share_(share / static_cast<float>(output.images)),
          rows_(output.height, params.height), columns_(output.width, params.width),
          resized_(output.height != params.height || output.width != params.width),
          // Not a vector: zeroing it would take as long as filling it.
          data_(allocate(static_cast<size_t>((params.keypoints + output.images * tag_channels_) * output.height * output.width) * sizeof(float))) {}

    int64_t source_rows() const { return output_.height; }
    int64_t source_width() const { return output_.width; }
    bool resized() const { return resized_; }
    Positions rows() const { return rows_.positions(); }
    Positions columns() const { return columns_.positions(); }
    const float* heatmap_row(int64_t k, int64_t y) const { return plane(k) + y * output_.width; }
    const float* tag_row(int64_t map, int64_t y) const { return plane(params_.keypoints + map) + y * output_.width; }

    // Row y of all planes.
    void fill(int64_t y) {
        const int64_t width = output_.width;
        const int64_t channels = output_.channels;
        const float* first = output_.data + y * width * channels;
        const float* mirrored = output_.images > 1 ? first + output_.height * width * channels : nullptr;
        for (int64_t k = 0; k < params_.keypoints; ++k) {
            float* row = plane(k) + y * width;
            if (mirrored == nullptr) {
                for (int64_t x = 0; x < width; ++x) row[x] = share_ * first[x * channels + k];
            } else {
                const float* other = mirrored + (width - 1) * channels + params_.flip_index[static_cast<size_t>(k)];
                for (int64_t x = 0; x < width; ++x) row[x] = share_ * (first[x * channels + k] + other[-x * channels]);
            }
        }
        for (int64_t c = 0; c < tag_channels_; ++c) {
            const int64_t channel = params_.keypoints + c;
            float* row = plane(channel) + y * width;
            for (int64_t x = 0; x < width; ++x) row[x] = first[x * channels + channel];
            if (mirrored == nullptr) continue;
            const int64_t counterpart = tag_channels_ == params_.keypoints ? params_.flip_index[static_cast<size_t>(c)] : c;
            const float* other = mirrored + (width - 1) * channels + params_.keypoints + counterpart;
            row = plane(channel + tag_channels_) + y * width;
            for (int64_t x = 0; x < width; ++x) row[x] = other[-x * channels];
        }
    }

private:
    float* plane(int64_t p) const { return static_cast<float*>(data_.get()) + p * output_.height * output_.width; }

    const KeypointMapsParams& params_;
    const KeypointOutput output_;
    const int64_t tag_channels_;
    const float share_;
    const Axis rows_;
    const Axis columns_;
    const bool resized_;
    Memory data_;
};

// Rows of one plane resized in width; keeps the last two, which several rows of the result lie between.
class WideRows {
public:
    WideRows(const RowKernels& kernels, const Planes& planes, int64_t width) : kernels_(kernels), planes_(planes), width_(width) {
        if (planes.source_width() != width) buffer_.resize(static_cast<size_t>(2 * width));
    }

    // `source` is row y.
    const float* row(const float* source, int64_t y) {
        if (buffer_.empty()) return source;
        float* wide = buffer_.data() + y % 2 * width_;
        if (held_[y % 2] != y) {
            kernels_.expand(source, planes_.columns(), width_, wide);
            held_[y % 2] = y;
        }
        return wide;
    }

private:
    const RowKernels& kernels_;
    const Planes& planes_;
    const int64_t width_;
    Array<float> buffer_;
    int64_t held_[2] = {-1, -1};
};

}  // namespace

void aggregate_keypoint_maps(const KeypointMapsParams& params, const Array<KeypointOutput>& outputs, float* heatmaps, float* tags,
                             Executor& executor) {
    const RowKernels& kernels = row_kernels();
    const float share = 1.0f / static_cast<float>(outputs.size());
    Array<Planes> planes;
    planes.reserve(outputs.size());
    for (size_t i = 0; i < outputs.size(); ++i) planes.emplace_back(params, outputs[i], static_cast<int64_t>(i) == params.tags_from, share);
    for (Planes& scale : planes) {
        const int64_t rows = scale.source_rows();
        const auto tasks = static_cast<int>(std::min<int64_t>(rows, 4 * executor.threads()));
        executor.run(tasks, [&](int task) {
            for (int64_t y = rows * task / tasks; y < rows * (task + 1) / tasks; ++y) scale.fill(y);
        });
    }

    const KeypointOutput& tagged = outputs[static_cast<size_t>(params.tags_from)];
    const Planes& tag_planes = planes[static_cast<size_t>(params.tags_from)];
    const int64_t maps = params.keypoints + tagged.images * (tagged.channels - params.keypoints);
    const int64_t bands = (params.height + kRowsPerTask - 1) / kRowsPerTask;
    executor.run(static_cast<int>(maps * bands), [&](int task) {
        const int64_t map = task / bands;
        const bool is_heatmap = map < params.keypoints;
        const int64_t tag_map = map - params.keypoints;
        float* target = is_heatmap ? heatmaps + map * params.height * params.width : tags + tag_map * params.height * params.width;
        const int64_t begin = task % bands * kRowsPerTask;
        const int64_t end = std::min(params.height, begin + kRowsPerTask);
        Array<WideRows> wide;
        const size_t scales = is_heatmap ? planes.size() : 1;
        const auto scale = [&](size_t s) -> const Planes& { return is_heatmap ? planes[s] : tag_planes; };
        for (size_t s = 0; s < scales; ++s) wide.emplace_back(kernels, scale(s), params.width);
        for (int64_t y = begin; y < end; ++y) {
            float* out = target + y * params.width;
            for (size_t s = 0; s < scales; ++s) {
                const Planes& from = scale(s);
                const auto source = [&](int64_t row) { return is_heatmap ? from.heatmap_row(map, row) : from.tag_row(tag_map, row); };
                if (!from.resized() && scales == 1) {
                    std::copy(source(y), source(y) + params.width, out);
                    continue;
                }
                const int64_t low = from.rows().low[y];
                const int64_t high = from.resized() ? from.rows().high[y] : low;
                const float* a = wide[s].row(source(low), low);
                const float* b = wide[s].row(source(high), high);
                if (scales == 1) {
                    kernels.blend(a, b, from.rows().weight[y], params.width, out);
                } else {
                    if (s == 0) std::fill(out, out + params.width, 0.0f);
                    kernels.blend_add(a, b, from.rows().weight[y], params.width, out);
                }
            }
        }
    });
}

}  // namespace icconv
