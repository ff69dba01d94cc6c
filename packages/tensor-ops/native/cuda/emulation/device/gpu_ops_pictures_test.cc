// Pictures on a device of type GPU, and what they may be too large for.
#include "cuda/emulation/device/gpu_ops.h"

namespace {

using namespace icconv;
using namespace icconv::gpu_ops;

TEST(gpu_ops_image_batch) {
    test::Random random(3);
    Values picture{{30}, {}, std::vector<int32_t>(30), true};
    for (int32_t& pixels : picture.ints) pixels = static_cast<int32_t>(random.next());
    const Values size{{1, 2}, {}, {5, 8}, true}, region{{1, 6}, {}, {0, 0, 1, 2, 9, 12}, true}, shape{{3}, {}, {1, 10, 12}, true};
    // No element, and yet int32.
    const Values no_colours{{0}, {}, {}, true, true};
    for (const bool opencv : {false, true}) {
        for (const double turn : {0.0, 0.3}) {
            const Values map = bits_of({0.7, turn, -1, turn, 0.6, 0});
            const std::vector<std::pair<std::string, Attribute>> settings = {
                {"N", int64_t{1}}, {"scale", std::vector<float>{1, 0.5f, 2}}, {"bias", std::vector<float>{0, 1, -1}},
                {"fill", std::vector<float>{1, 2, 3}}, {"reversed", true}, {"antialias", false}, {"round", false}, {"opencv", opencv}};
            compare("IcconvImageBatch", settings, {picture, size, region, map, no_colours, shape}, 1, 1e-5);
        }
    }
}

// An output of 4.8 GB, and the device has 1 GiB.
TEST(gpu_ops_out_of_memory) {
    const std::vector<float> zeros = {0, 0, 0};
    const std::vector<std::pair<std::string, Attribute>> settings = {{"N", int64_t{1}},  {"scale", zeros},     {"bias", zeros},   {"fill", zeros},
                                                                     {"reversed", true}, {"antialias", false}, {"round", false}, {"opencv", false}};
    const Values picture{{1}, {}, {0}, true}, size{{1, 2}, {}, {1, 1}, true}, region{{1, 6}, {}, {0, 0, 0, 0, 1, 1}, true};
    const Values none{{0}, {}, {}, true, true}, shape{{3}, {}, {1, 20000, 20000}, true};
    const std::string failure = run("IcconvImageBatch", settings, {picture, size, region, bits_of({1, 0, 0, 0, 1, 0}), none, shape}, 1, kGpu)[0].failure;
    EXPECT(failure.find("out of memory: IcconvImageBatch asked for 4800000000 bytes for batch on the GPU") != std::string::npos);
}

}  // namespace
