#include "ops/roi_align/roi_align.h"

#include <algorithm>
#include <cmath>

#include "common/memory.h"
#include "common/test.h"
#include "common/thread_executor.h"

namespace icconv {
namespace {

using test::max_error;
using test::Random;

struct Problem {
    RoiAlignParams params;
    Array<RoiAlignLevel> levels;
    Array<Array<float>> features;
    Array<float> rois;
    Array<int32_t> roi_levels;

    Rois view() const { return {rois.data(), levels.size() > 1 ? roi_levels.data() : nullptr, static_cast<int64_t>(rois.size() / 5)}; }
    int64_t outputs() const { return view().count * params.pooled_height * params.pooled_width * params.channels; }
};

Problem random_problem(Random& random, int channels, int level_count) {
    Problem p;
    p.params = {channels, 1 + random.below(4), 1 + random.below(4), random.below(4), random.below(2) == 1};
    for (int l = 0; l < level_count; ++l) {
        p.levels.push_back({1 + random.below(2), 1 + random.below(40), 1 + random.below(40), 1.0f / static_cast<float>(1 << l)});
        Array<float> map(static_cast<size_t>(p.levels.back().batch * p.levels.back().height * p.levels.back().width * channels));
        for (float& v : map) v = random.uniform(-1, 1);
        p.features.push_back(map);
    }
    for (int r = 0; r < 30; ++r) {
        const int l = random.below(level_count);
        const float x = random.uniform(-20, 60);
        const float y = random.uniform(-20, 60);
        p.roi_levels.push_back(l);
        const auto image = static_cast<float>(random.below(static_cast<int>(p.levels[static_cast<size_t>(l)].batch)));
        // Some have no area or a negative one; some are far larger than the map.
        const float side = r % 7 == 0 ? 0.0f : r % 5 == 0 ? 300.0f : 30.0f;
        for (float v : {image, x, y, x + random.uniform(-2, side), y + random.uniform(-2, side)}) p.rois.push_back(v);
    }
    return p;
}

// The definition, sample by sample; adds to `output`, or with `grad` scatters it to `features`.
void direct(const Problem& p, Array<Array<float>>& features, Array<float>& output, bool scatter) {
    const auto& q = p.params;
    for (int64_t r = 0; r < p.view().count; ++r) {
        const auto l = static_cast<size_t>(p.levels.size() > 1 ? p.roi_levels[static_cast<size_t>(r)] : 0);
        const RoiAlignLevel& level = p.levels[l];
        const float* roi = p.rois.data() + r * 5;
        const float offset = q.aligned ? 0.5f : 0.0f;
        float start[2];
        float bin[2];
        int grid[2];
        for (int axis = 0; axis < 2; ++axis) {
            start[axis] = roi[2 - axis] * level.spatial_scale - offset;
            float size = roi[4 - axis] * level.spatial_scale - offset - start[axis];
            if (!q.aligned) size = std::max(size, 1.0f);
            bin[axis] = size / static_cast<float>(axis == 0 ? q.pooled_height : q.pooled_width);
            grid[axis] = q.sampling_ratio > 0 ? q.sampling_ratio : static_cast<int>(std::ceil(bin[axis]));
        }
        for (int64_t ph = 0; ph < q.pooled_height; ++ph) {
            for (int64_t pw = 0; pw < q.pooled_width; ++pw) {
                float* out = output.data() + ((r * q.pooled_height + ph) * q.pooled_width + pw) * q.channels;
                for (int iy = 0; iy < grid[0]; ++iy) {
                    for (int ix = 0; ix < grid[1]; ++ix) {
                        float y = start[0] + static_cast<float>(ph) * bin[0] + (static_cast<float>(iy) + 0.5f) * bin[0] / static_cast<float>(grid[0]);
                        float x = start[1] + static_cast<float>(pw) * bin[1] + (static_cast<float>(ix) + 0.5f) * bin[1] / static_cast<float>(grid[1]);
                        if (y < -1 || x < -1 || y > static_cast<float>(level.height) || x > static_cast<float>(level.width)) continue;
                        y = std::clamp(y, 0.0f, static_cast<float>(level.height - 1));
                        x = std::clamp(x, 0.0f, static_cast<float>(level.width - 1));
                        const auto y0 = static_cast<int64_t>(y);
                        const auto x0 = static_cast<int64_t>(x);
                        for (int corner = 0; corner < 4; ++corner) {
                            const int64_t yy = std::min(y0 + corner / 2, level.height - 1);
                            const int64_t xx = std::min(x0 + corner % 2, level.width - 1);
                            const float fy = y - static_cast<float>(y0);
                            const float fx = x - static_cast<float>(x0);
                            const float w = (corner / 2 ? fy : 1 - fy) * (corner % 2 ? fx : 1 - fx) / static_cast<float>(grid[0] * grid[1]);
                            const int64_t pixel = ((static_cast<int64_t>(roi[0]) * level.height + yy) * level.width + xx) * q.channels;
                            float* map = features[l].data() + pixel;
                            for (int64_t c = 0; c < q.channels; ++c) scatter ? (map[c] += w * out[c]) : (out[c] += w * map[c]);
                        }
                    }
                }
            }
        }
    }
}

Array<float> forward(const Problem& p, Executor& executor) {
    Array<const float*> maps;
    for (const auto& map : p.features) maps.push_back(map.data());
    Array<float> output(static_cast<size_t>(p.outputs()), NAN);
    roi_align(p.params, p.levels.data(), maps.data(), static_cast<int>(maps.size()), p.view(), output.data(), executor);
    return output;
}

TEST(roi_align_matches_the_definition) {
    Random random(1);
    ThreadExecutor executor(2);
    for (int channels : {1, 3, 8, 16, 23, 64, 75, 256, 300}) {
        for (int levels : {1, 3}) {
            Problem p = random_problem(random, channels, levels);
            Array<float> expected(static_cast<size_t>(p.outputs()), 0.0f);
            direct(p, p.features, expected, false);
            const Array<float> output = forward(p, executor);
            EXPECT(max_error(output.data(), expected.data(), p.outputs()) < 2e-5);
        }
    }
}

TEST(roi_align_gradient_matches_the_definition) {
    Random random(2);
    ThreadExecutor executor(2);
    SerialExecutor serial;
    for (int channels : {1, 3, 16, 23, 75, 256, 300}) {
        Problem p = random_problem(random, channels, 2);
        Array<float> grad(static_cast<size_t>(p.outputs()));
        for (float& v : grad) v = random.uniform(-1, 1);
        Array<Array<float>> expected = p.features;
        for (auto& map : expected) std::fill(map.begin(), map.end(), 0.0f);
        direct(p, expected, grad, true);
        for (size_t l = 0; l < p.levels.size(); ++l) {
            Array<float> result(expected[l].size(), NAN);
            Array<float> again(expected[l].size(), NAN);
            roi_align_grad(p.params, p.levels[l], static_cast<int>(l), p.view(), grad.data(), result.data(), executor);
            roi_align_grad(p.params, p.levels[l], static_cast<int>(l), p.view(), grad.data(), again.data(), serial);
            EXPECT(max_error(result.data(), expected[l].data(), static_cast<long>(result.size())) < 5e-5);
            EXPECT(result == again);
        }
    }
}

TEST(roi_align_of_a_large_output_streams_the_same_numbers) {
    Random random(3);
    ThreadExecutor executor(2);
    Problem p = random_problem(random, 64, 1);
    p.params.pooled_height = p.params.pooled_width = 1;
    const Array<float> few = forward(p, executor);
    // 64 channels x 49 bins x 1000 RoIs x 4 bytes = 12.5 MB, above the limit; the RoIs repeat.
    p.params.pooled_height = p.params.pooled_width = 7;
    const Array<float> rois = p.rois;
    const Array<float> once = forward(p, executor);
    while (p.rois.size() < 5000) p.rois.insert(p.rois.end(), rois.begin(), rois.end());
    const Array<float> many = forward(p, executor);
    for (size_t i = 0; i < many.size(); i += once.size()) EXPECT(std::equal(once.begin(), once.end(), many.begin() + static_cast<long>(i)));
}

TEST(roi_align_survives_absurd_boxes) {
    SerialExecutor serial;
    Problem p;
    p.params = {1, 2, 2, 0, true};
    p.levels = {{1, 3, 3, 1.0f}};
    p.features = {Array<float>(9, 1.0f)};
    p.rois = {0, -1e30f, -1e30f, 1e30f, 1e30f, 0, -1e6f, -1e6f, 1e6f, 1e6f, 0, 1e30f, 1e30f, -1e30f, -1e30f, 0, 5, 5, 5, 5};
    for (float v : forward(p, serial)) EXPECT(v >= 0.0f && v < 1e-3f);
    p.rois = {0, 0, 0, 3, NAN};
    EXPECT(first_bad_roi(p.view(), p.levels.data(), 1) == 0);
    p.rois = {0, 0, 0, 3, 3, 1, 0, 0, 3, 3};
    EXPECT(first_bad_roi(p.view(), p.levels.data(), 1) == 1);
    p.rois = {0, 0, 0, 3, 3};
    EXPECT(first_bad_roi(p.view(), p.levels.data(), 1) == -1);
}

}  // namespace
}  // namespace icconv
