// The CUDA kernel, emulated, against the CPU's.
#include "cuda/emulation/cuda_test.h"
#include "ops/image_batch/image_batch_cuda.h"

namespace {

using namespace icconv;
using namespace icconv::test;

struct Settings {
    bool reversed, antialias, round, opencv, turned;
};

// Two pictures, shrunk, enlarged, mirrored, turned, with a colour change, over one another, into two images.
void check(const Settings& s, int side) {
    Random random(13);
    SerialExecutor executor;
    shim::ShimLauncher launcher;
    const ImageBatchParams params{2, side, side + 7, {0.5f, 2, 1}, {-1, 3, 0}, s.reversed, {10, 20, 30}, s.antialias, s.round, s.opencv};
    std::vector<uint8_t> pixels[2];
    SourceImage sources[2] = {{nullptr, 47, 31}, {nullptr, 9, 14}};
    for (int i = 0; i < 2; ++i) {
        for (int64_t k = 0; k < 3 * sources[i].height * sources[i].width; ++k) pixels[i].push_back(static_cast<uint8_t>(random.below(256)));
        sources[i].data = pixels[i].data();
    }
    std::vector<Placement> placements;
    for (int i = 0; i < 6; ++i) {
        const SourceImage& source = sources[i % 2];
        Placement p{i % 2, i / 3, i, 2, side - i % 3, side, {}, {}, i % 2 == 1};
        p.map[0] = static_cast<double>(source.width) / side * (i == 2 ? -1.25 : 1.25);
        p.map[2] = i == 2 ? static_cast<double>(source.width) : -1.5;
        p.map[4] = static_cast<double>(source.height) / side;
        if (s.turned) {
            p.map[1] = random.uniform(-0.4f, 0.4f);
            p.map[3] = random.uniform(-0.4f, 0.4f);
        }
        for (float& v : p.colour) v = random.uniform(0, 0.4f);
        placements.push_back(p);
    }
    const auto count = static_cast<int64_t>(placements.size());
    EXPECT(first_bad_placement(params, 2, placements.data(), count) == -1);
    const auto floats = static_cast<size_t>(3 * params.batch * params.height * params.width);
    std::vector<float> expected = unwritten(floats), got = unwritten(floats);
    image_batch(params, sources, placements.data(), count, expected.data(), executor);
    const ImageBatchCudaPlan plan(params, sources, placements.data(), count);
    image_batch_cuda(params, plan, {plan.placements.data(), plan.numbers.data(), plan.longs.data()}, got.data(), launcher);
    EXPECT(error_of(got, expected) < 1e-5);
}

TEST(cuda_image_batch_resizes) { check({false, false, false, false, false}, 29); }
TEST(cuda_image_batch_antialias) { check({true, true, true, false, false}, 12); }
TEST(cuda_image_batch_enlarges) { check({false, true, false, false, false}, 60); }
TEST(cuda_image_batch_turns) { check({false, false, false, false, true}, 29); }
TEST(cuda_image_batch_as_opencv) { check({false, false, false, true, false}, 29); }
TEST(cuda_image_batch_turns_as_opencv) { check({true, false, false, true, true}, 29); }
TEST(cuda_race_image_batch) { check({false, false, false, false, false}, 12); }

TEST(cuda_image_batch_nothing) {
    shim::ShimLauncher launcher;
    const ImageBatchParams params{1, 3, 3, {1, 1, 1}, {1, 1, 1}, false, {0, 0, 0}, false, false, false};
    const ImageBatchCudaPlan plan(params, nullptr, nullptr, 0);
    std::vector<float> got = unwritten(27);
    image_batch_cuda(params, plan, {nullptr, nullptr, nullptr}, got.data(), launcher);
    EXPECT(got == std::vector<float>(27, 0.0f));
}

}  // namespace
