// Ops of masks on a device of type GPU: run lengths are the host's, whatever the rest.
#include "cuda/emulation/device/gpu_ops.h"

namespace {

using namespace icconv::gpu_ops;

// Two masks in a picture of 6 x 5, down its columns: all of it, and its third column.
const std::vector<int32_t> kCounts = {0, 30, 12, 6, 12};

TEST(gpu_ops_paste_masks) {
    Values probabilities = random_values({2, 4, 4});
    for (float& p : probabilities.floats) p = 0.5f + 0.5f * p;
    const Values boxes{{2, 4}, {1, 0, 4, 5, -2, 1, 3, 9}, {}}, size{{2}, {}, {6, 5}, true};
    for (const bool whole_boxes : {false, true}) {
        const std::vector<std::pair<std::string, Attribute>> settings = {{"threshold", 0.4f}, {"whole_boxes", whole_boxes}};
        const std::vector<Result> pasted = compare("IcconvPasteMasks", settings, {probabilities, boxes, size}, 2, 0, true);
        EXPECT(pasted[0].ints.size() > 4 && pasted[0].device == kCpu && pasted[1].device == kCpu);
        compare("IcconvPasteMasks", settings, {{{0, 4, 4}, {}, {}}, {{0, 4}, {}, {}}, size}, 2, 0, true);
        const Values broken{{2, 4}, {1, 0, 4, NAN, -2, 1, 3, 9}, {}};
        EXPECT(run("IcconvPasteMasks", settings, {probabilities, broken, size}, 2, kGpu)[0].failure.find("not finite") != std::string::npos);
    }
}

TEST(gpu_ops_crop_masks) {
    const Values counts{{5}, {}, kCounts, true}, lengths{{2}, {}, {2, 3}, true}, owners{{3}, {}, {1, 0, 1}, true}, size{{2}, {}, {6, 5}, true};
    const Values rois{{3, 4}, {0.5f, 0, 4.5f, 6, -1, 1, 3, 3, 2, 2, 2, 2}, {}};
    for (const bool binary : {false, true}) {
        for (const int64_t sampling_ratio : {0, 2}) {
            const std::vector<std::pair<std::string, Attribute>> settings = {
                {"output_size", int64_t{4}}, {"sampling_ratio", sampling_ratio}, {"aligned", true}, {"binary", binary}};
            const Result crops = compare("IcconvCropMasks", settings, {counts, lengths, rois, owners, size}, 1, 0)[0];
            EXPECT(*std::max_element(crops.floats.begin(), crops.floats.end()) == 1 && *std::min_element(crops.floats.begin(), crops.floats.end()) == 0);
            const Values none{{0, 4}, {}, {}}, nobody{{0}, {}, {}, true, true};
            compare("IcconvCropMasks", settings, {counts, lengths, none, nobody, size}, 1, 0);
            const Values broken{{3, 4}, {0, 0, INFINITY, 6, -1, 1, 3, 3, 2, 2, 2, 2}, {}};
            EXPECT(run("IcconvCropMasks", settings, {counts, lengths, broken, owners, size}, 1, kGpu)[0].failure.find("not finite") != std::string::npos);
        }
    }
}

}  // namespace
