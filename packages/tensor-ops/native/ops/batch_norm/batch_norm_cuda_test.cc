// The CUDA kernels, emulated, against those of the CPU.
#include "cuda/emulation/cuda_test.h"
#include "ops/batch_norm/batch_norm_cuda.h"

namespace {

using namespace icconv;
using namespace icconv::test;

void check(int64_t pixels, int channels, bool with_residual, bool relu) {
    Random random(7);
    SerialExecutor executor;
    shim::ShimLauncher launcher;
    const BatchNormShape shape{pixels, channels};
    const auto count = static_cast<size_t>(pixels) * channels;
    const auto width = static_cast<size_t>(channels);
    // A mean that is large beside the deviation.
    const std::vector<float> x = random_floats(random, count, 4, 6), weight = random_floats(random, width), bias = random_floats(random, width);
    const std::vector<float> residual = random_floats(random, count), dy = random_floats(random, count);
    const float* const other = with_residual ? residual.data() : nullptr;
    std::vector<float> y = unwritten(count), mean = unwritten(width), variance = unwritten(width);
    std::vector<float> cuda_y = y, cuda_mean = mean, cuda_variance = variance;
    std::vector<float> workspace = unwritten(static_cast<size_t>(batch_norm_cuda_workspace(shape)));
    batch_norm(shape, x.data(), weight.data(), bias.data(), other, 1e-5f, relu, y.data(), mean.data(), variance.data(), executor);
    batch_norm_cuda(shape, x.data(), weight.data(), bias.data(), other, 1e-5f, relu, cuda_y.data(), cuda_mean.data(), cuda_variance.data(),
                    workspace.data(), launcher);
    EXPECT(error_of(cuda_mean, mean) < 1e-6 && error_of(cuda_variance, variance) < 1e-5 && error_of(cuda_y, y) < 1e-5);

    std::vector<float> dx = unwritten(count), dweight = unwritten(width), dbias = unwritten(width), dresidual = unwritten(count);
    std::vector<float> cuda_dx = dx, cuda_dweight = dweight, cuda_dbias = dbias, cuda_dresidual = dresidual;
    workspace = unwritten(workspace.size());
    const float* const output = relu ? y.data() : nullptr;
    batch_norm_grad(shape, x.data(), output, dy.data(), weight.data(), mean.data(), variance.data(), 1e-5f, dx.data(), dweight.data(), dbias.data(),
                    with_residual ? dresidual.data() : nullptr, executor);
    batch_norm_grad_cuda(shape, x.data(), output, dy.data(), weight.data(), mean.data(), variance.data(), 1e-5f, cuda_dx.data(), cuda_dweight.data(),
                         cuda_dbias.data(), with_residual ? cuda_dresidual.data() : nullptr, workspace.data(), launcher);
    EXPECT(error_of(cuda_dx, dx) < 1e-4 && error_of(cuda_dweight, dweight) < 1e-4 && error_of(cuda_dbias, dbias) < 1e-4);
    if (with_residual) EXPECT(cuda_dresidual == dresidual);
}

TEST(cuda_batch_norm_plain) { check(100, 5, false, false); }
TEST(cuda_batch_norm_residual_relu) { check(77, 70, true, true); }
TEST(cuda_batch_norm_relu) { check(300, 32, false, true); }
TEST(cuda_batch_norm_residual) { check(2, 65, true, false); }
TEST(cuda_batch_norm_one_channel) { check(3001, 1, false, true); }
TEST(cuda_race_batch_norm) { check(70, 33, true, true); }

}  // namespace
