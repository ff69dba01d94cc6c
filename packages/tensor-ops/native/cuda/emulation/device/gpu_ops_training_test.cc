// Ops of training on a device of type GPU.
#include "cuda/emulation/device/gpu_ops.h"

namespace {

using namespace icconv::gpu_ops;

TEST(gpu_ops_batch_norm) {
    const Values x = random_values({2, 5, 3, 7}), weight = random_values({7}), bias = random_values({7}), other = random_values({2, 5, 3, 7});
    const std::vector<Result> y = compare("IcconvBatchNorm", {{"R", int64_t{1}}, {"relu", true}}, {x, weight, bias, other}, 3, 1e-5);
    const Values mean{{7}, y[1].floats, {}}, variance{{7}, y[2].floats, {}}, output{y[0].shape, y[0].floats, {}};
    compare("IcconvBatchNormGrad", {{"R", int64_t{1}}, {"Y", int64_t{1}}}, {x, other, weight, mean, variance, output}, 4, 1e-4);
    compare("IcconvBatchNormGrad", {{"R", int64_t{0}}, {"Y", int64_t{0}}}, {x, other, weight, mean, variance}, 3, 1e-4);
}

TEST(gpu_ops_parameter_update) {
    const Values a = random_values({3, 50}), b = random_values({4}), rates{{2, 2}, {0.1f, 0.01f, 0.2f, 0}, {}};
    compare("IcconvSgdUpdate", {{"N", int64_t{2}}, {"M", int64_t{2}}}, {a, b, a, b, a, b, rates, {{4}, {0.9f, 0, 1, 0.5f}, {}}}, 4, 1e-5);
    compare("IcconvSgdUpdate", {{"N", int64_t{2}}, {"M", int64_t{0}}}, {a, b, a, b, rates, {{4}, {0, 0, 0, 1}, {}}}, 2, 1e-5);
    Values squares = a, few = b;
    for (Values* list : {&squares, &few}) {
        for (float& v : list->floats) v *= v;
    }
    compare("IcconvAdamUpdate", {{"N", int64_t{2}}}, {a, b, a, b, a, b, squares, few, rates, {{7}, {0.9f, 0.99f, 1e-8f, 0.1f, 0.01f, 1, 1}, {}}}, 6, 1e-5);
    compare("IcconvLinearCombination", {{"N", int64_t{2}}}, {a, b, a, b, {{2}, {2, -0.5f}, {}}}, 2, 1e-5);
    compare("IcconvGlobalNorm", {{"N", int64_t{2}}}, {a, b}, 1, 1e-5);
}

}  // namespace
