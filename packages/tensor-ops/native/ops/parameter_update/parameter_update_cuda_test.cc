// The CUDA kernels, emulated, against those of the CPU.
#include "cuda/emulation/cuda_test.h"
#include "ops/parameter_update/parameter_update_cuda.h"

namespace {

using namespace icconv;
using namespace icconv::test;

using Arrays = std::vector<std::vector<float>>;

// More than a block's piece, exactly one, none in the middle and at the end.
const std::vector<size_t> kSizes = {5000, 1, 0, kParameterPiece, 37, 0};

Arrays random_arrays(Random& random, float low, float high) {
    Arrays arrays;
    for (size_t size : kSizes) arrays.push_back(random_floats(random, size, low, high));
    return arrays;
}
Arrays unwritten_arrays() {
    Arrays arrays;
    for (size_t size : kSizes) arrays.push_back(unwritten(size));
    return arrays;
}
bool near(const Arrays& got, const Arrays& expected) {
    bool good = true;
    for (size_t i = 0; i < got.size(); ++i) good = good && error_of(got[i], expected[i]) < 1e-5;
    return good;
}

struct Lists {
    Random random{11};
    Arrays parameters = random_arrays(random, -1, 1), gradients = random_arrays(random, -1, 1), first = random_arrays(random, -1, 1),
           second = random_arrays(random, 0.1f, 1);
    std::vector<float> rates = random_floats(random, 2 * kSizes.size(), 0.01f, 0.1f);
    SerialExecutor executor;
    shim::ShimLauncher launcher;

    // The slots of a step that writes to `out`.
    std::vector<ParameterSlot> slots(Arrays (&out)[3], int buffers) {
        std::vector<ParameterSlot> all;
        for (size_t i = 0; i < kSizes.size(); ++i) {
            all.push_back({static_cast<int64_t>(kSizes[i]), rates[2 * i], rates[2 * i + 1], parameters[i].data(), gradients[i].data(),
                           buffers > 0 ? first[i].data() : nullptr, buffers > 1 ? second[i].data() : nullptr, out[0][i].data(), out[1][i].data(),
                           out[2][i].data()});
        }
        return all;
    }
};

void check_sgd(SgdStep step, int buffers) {
    Lists lists;
    Arrays expected[3] = {unwritten_arrays(), unwritten_arrays(), unwritten_arrays()}, got[3] = {expected[0], expected[1], expected[2]};
    sgd_update(step, lists.slots(expected, buffers).data(), static_cast<int64_t>(kSizes.size()), lists.executor);
    const ParameterCudaList list(lists.slots(got, buffers).data(), static_cast<int64_t>(kSizes.size()));
    const std::vector<float> numbers = {step.momentum, step.dampening, step.nesterov ? 1.0f : 0.0f, step.gradient_scale};
    sgd_update_cuda(list, list.slots().data(), lists.rates.data(), numbers.data(), lists.launcher);
    EXPECT(near(got[0], expected[0]));
    if (buffers > 0) EXPECT(near(got[1], expected[1]));
}

void check_adam(AdamStep step) {
    Lists lists;
    Arrays expected[3] = {unwritten_arrays(), unwritten_arrays(), unwritten_arrays()}, got[3] = {expected[0], expected[1], expected[2]};
    adam_update(step, lists.slots(expected, 2).data(), static_cast<int64_t>(kSizes.size()), lists.executor);
    const ParameterCudaList list(lists.slots(got, 2).data(), static_cast<int64_t>(kSizes.size()));
    const std::vector<float> numbers = {step.beta1, step.beta2, step.epsilon, step.correction1, step.correction2, step.decoupled ? 1.0f : 0.0f, step.gradient_scale};
    adam_update_cuda(list, list.slots().data(), lists.rates.data(), numbers.data(), lists.launcher);
    for (int i = 0; i < 3; ++i) EXPECT(near(got[i], expected[i]));
}

TEST(cuda_parameter_update_sgd) {
    check_sgd({0, 0, false, 0.5f}, 0);
    check_sgd({0.9f, 0.1f, false, 1}, 1);
    check_sgd({0.9f, 0, true, 2}, 1);
}
TEST(cuda_parameter_update_adam) {
    check_adam({0.9f, 0.999f, 1e-8f, 0.19f, 0.002f, false, 0.5f});
    check_adam({0.8f, 0.99f, 1e-6f, 0.4f, 0.03f, true, 1});
}

void check_linear_and_norm() {
    Lists lists;
    Arrays got[3] = {unwritten_arrays(), unwritten_arrays(), unwritten_arrays()};
    const ParameterCudaList list(lists.slots(got, 0).data(), static_cast<int64_t>(kSizes.size()));
    const std::vector<float> factors = {0.75f, -2};
    linear_combination_cuda(list, list.slots().data(), factors.data(), lists.launcher);
    double squares = 0;
    bool good = true;
    for (size_t i = 0; i < kSizes.size(); ++i) {
        for (size_t k = 0; k < kSizes[i]; ++k) {
            good = good && std::abs(got[0][i][k] - (0.75f * lists.parameters[i][k] - 2 * lists.gradients[i][k])) < 1e-6f;
            squares += static_cast<double>(lists.parameters[i][k]) * lists.parameters[i][k];
        }
    }
    EXPECT(good);
    std::vector<double> workspace(static_cast<size_t>(list.blocks()) + 1, NAN);
    float norm = NAN;
    global_norm_cuda(list, list.slots().data(), workspace.data(), &norm, lists.launcher);
    EXPECT(std::abs(norm - std::sqrt(squares)) < 1e-4);
}
TEST(cuda_parameter_update_linear_and_norm) { check_linear_and_norm(); }
TEST(cuda_race_parameter_update) { check_linear_and_norm(); }

TEST(cuda_parameter_update_nothing) {
    shim::ShimLauncher launcher;
    const ParameterSlot slot{};
    const ParameterCudaList list(&slot, 1);
    double workspace = NAN;
    float norm = NAN;
    global_norm_cuda(list, list.slots().data(), &workspace, &norm, launcher);
    EXPECT(norm == 0);
}

}  // namespace
