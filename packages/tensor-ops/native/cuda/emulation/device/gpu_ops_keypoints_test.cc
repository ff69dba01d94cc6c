// Ops of keypoints on a device of type GPU.
#include "cuda/emulation/device/gpu_ops.h"

namespace {

using namespace icconv::gpu_ops;

TEST(gpu_ops_keypoints) {
    const std::vector<std::pair<std::string, Attribute>> settings = {
        {"N", int64_t{2}}, {"keypoints", int64_t{2}}, {"flip_index", std::vector<int64_t>{1, 0}}, {"tags_from", int64_t{0}}};
    const std::vector<Result> maps =
        compare("IcconvAggregateKeypointMaps", settings, {random_values({2, 6, 5, 4}), random_values({2, 11, 9, 2}), {{2}, {}, {22, 18}, true}}, 2, 1e-5);
    const Values heatmaps{maps[0].shape, maps[0].floats, {}}, tags{maps[1].shape, maps[1].floats, {}};
    const std::vector<std::pair<std::string, Attribute>> grouping = {
        {"nms_kernel", int64_t{5}}, {"max_people", int64_t{4}}, {"detection_threshold", 0.05f}, {"tag_threshold_bits", std::vector<int64_t>{0, 0x3ff00000}},
        {"use_detection_val", true}, {"ignore_too_much", false}, {"adjust", true}, {"refine", true}, {"joint_order", std::vector<int64_t>{0, 1}}};
    EXPECT(compare("IcconvGroupKeypoints", grouping, {heatmaps, tags}, 2, 0, true)[0].floats.size() > 0);
    Values broken = tags;
    broken.floats[3] = INFINITY;
    EXPECT(run("IcconvGroupKeypoints", grouping, {heatmaps, broken}, 2, kGpu)[0].failure.find("not finite") != std::string::npos);
}

}  // namespace
