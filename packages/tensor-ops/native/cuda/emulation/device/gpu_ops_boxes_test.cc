// Ops of boxes on a device of type GPU.
#include "cuda/emulation/device/gpu_ops.h"

namespace {

using namespace icconv::gpu_ops;

TEST(gpu_ops_roi_align) {
    const std::vector<std::pair<std::string, Attribute>> settings = {{"sampling_ratio", int64_t{0}}, {"aligned", true}};
    const Values rois{{3, 5}, {0, 1, 2, 9, 8, 1, -3, 4, 5, 30, 0, 4, 4, 6, 5}, {}}, levels{{3}, {}, {0, 1, 0}, true};
    auto forward = settings;
    forward.insert(forward.end(), {{"scales", std::vector<float>{1, 0.5f}}, {"pooled_height", int64_t{2}}, {"pooled_width", int64_t{3}}, {"N", int64_t{2}}});
    compare("IcconvRoiAlign", forward, {rois, levels, random_values({2, 8, 9, 3}), random_values({2, 4, 5, 3})}, 1, 1e-5);
    auto grad = settings;
    grad.insert(grad.end(), {{"level", int64_t{1}}, {"scale", 0.5f}});
    compare("IcconvRoiAlignGrad", grad, {random_values({3, 2, 3, 3}), rois, levels, {{3}, {}, {2, 4, 5}, true}}, 1, 1e-4);
    forward[2] = {"scales", std::vector<float>{1}}, forward[5] = {"N", int64_t{1}};
    const Values absent{{1, 5}, {7, 1, 2, 9, 8}, {}};
    const std::string refusal = run("IcconvRoiAlign", forward, {absent, {{1}, {}, {0}, true}, random_values({2, 8, 9, 3})}, 1, kGpu)[0].failure;
    EXPECT(refusal.find("roi 0 names an absent image") != std::string::npos);
}

TEST(gpu_ops_nms) {
    const std::vector<std::pair<std::string, Attribute>> settings = {
        {"iou_threshold", 0.4f}, {"score_threshold", 0.0f}, {"use_score_threshold", false}, {"max_output", int64_t{-1}}};
    Values boxes = random_values({80, 4}), scores = random_values({80}), groups{{80}, {}, std::vector<int32_t>(80, 0), true};
    for (int i = 0; i < 80; ++i) {
        for (int c = 2; c < 4; ++c) boxes.floats[4 * i + c] = boxes.floats[4 * i + c - 2] + 1;
        groups.ints[i] = i % 2;
    }
    EXPECT(compare("IcconvNms", settings, {boxes, scores, groups}, 1, 0)[0].ints.size() > 2);
    const Values of_no_group{{0}, {}, {}, true, true};
    compare("IcconvNms", settings, {boxes, scores, of_no_group}, 1, 0);
    compare("IcconvNms", settings, {{{0, 4}, {}, {}}, {{0}, {}, {}}, of_no_group}, 1, 0);
    scores.floats[5] = NAN;
    EXPECT(run("IcconvNms", settings, {boxes, scores, groups}, 1, kGpu)[0].failure.find("score 5 is NaN") != std::string::npos);
}

TEST(gpu_ops_box_candidates) {
    const std::vector<std::pair<std::string, Attribute>> settings = {
        {"weights", std::vector<float>{10, 10, 5, 5}}, {"log_scale_limit", 4.0f}, {"min_size", 1.0f}};
    const Values size{{2}, {}, {30, 40}, true};
    Values references = random_values({9, 4});
    for (size_t i = 0; i < references.floats.size(); ++i) references.floats[i] = 20 + 10 * references.floats[i] + (i % 4 < 2 ? 0.0f : 9.0f);
    compare("IcconvBoxCandidates", settings, {random_values({9, 3, 4}), references, random_values({9, 3}), size}, 2, 1e-5);
    compare("IcconvBoxCandidates", settings, {random_values({9, 1, 4}), references, random_values({9, 3}), size}, 2, 1e-5);
    const std::string refusal = run("IcconvBoxCandidates", settings, {random_values({9, 2, 4}), references, random_values({9, 3}), size}, 2, kGpu)[0].failure;
    EXPECT(refusal.find("deltas must have shape [9, 1 or 3, 4]") != std::string::npos);
}

}  // namespace
