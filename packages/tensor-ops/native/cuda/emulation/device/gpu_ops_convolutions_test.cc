// Ops of convolutions on a device of type GPU.
#include "cuda/emulation/device/gpu_ops.h"

namespace {

using namespace icconv;
using namespace icconv::gpu_ops;

TEST(gpu_ops_inception_conv2d) {
    const std::vector<int64_t> dilations = {2, 1, 1, 1, 1, 3, 1, 1, 2, 1}, strides = {1, 2};
    const std::vector<std::pair<std::string, Attribute>> common = {{"dilations", dilations}, {"strides", strides}};
    const Values x = random_values({2, 7, 6, 3}), filter = random_values({3, 3, 3, 5}), bias = random_values({5}), dy = random_values({2, 7, 3, 5});
    auto forward = common;
    forward.push_back({"activation", std::string("relu")});
    const std::vector<Result> y = compare("IcconvInceptionConv2D", forward, {x, filter, bias}, 1, 1e-5);
    compare("IcconvInceptionConv2DGradInput", common, {dy, filter, {{2}, {}, {7, 6}, true}}, 1, 1e-4);
    auto sized = common;
    sized.push_back({"kernel_size", int64_t{3}});
    compare("IcconvInceptionConv2DGradFilter", sized, {x, dy}, 1, 1e-4);

    // A packed filter is opaque, and another on each device.
    const std::vector<Result> packed = run("IcconvInceptionConv2DPack", common, {filter}, 1, kGpu);
    sized.push_back({"activation", std::string("relu")});
    const std::vector<Result> of_packed = run("IcconvInceptionConv2DPacked", sized, {x, {packed[0].shape, packed[0].floats, {}}, bias}, 1, kGpu);
    EXPECT(of_packed[0].failure.empty() && of_packed[0].device == kGpu && of_packed[0].floats == y[0].floats);

    const std::string refusal = run("IcconvInceptionConv2D", forward, {x, random_values({3, 3, 4, 5}), bias}, 1, kGpu)[0].failure;
    EXPECT(refusal.find("filter must have 3 input channels") != std::string::npos);
}

// Tensor cores: TensorFlow's own setting for TF32, ours for halves, which are for packed filters alone.
TEST(gpu_ops_inception_conv2d_precision) {
    const std::vector<int64_t> dilations = {2, 1, 1, 1, 1, 3, 1, 1, 2, 1};
    const std::vector<std::pair<std::string, Attribute>> common = {{"dilations", dilations}};
    auto sized = common;
    sized.push_back({"kernel_size", int64_t{3}});
    const Values x = random_values({1, 7, 6, 8}), filter = random_values({3, 3, 8, 5}), bias = random_values({5}), dy = random_values({1, 7, 6, 5});
    const Values packed{{9 * 8 * 5}, filter.floats, {}};
    const auto forward = [&](bool of_packed) {
        const Result y = of_packed ? run("IcconvInceptionConv2DPacked", sized, {x, packed, bias}, 1, kGpu)[0]
                                   : run("IcconvInceptionConv2D", common, {x, filter, bias}, 1, kGpu)[0];
        EXPECT(y.failure.empty());
        return y.floats;
    };
    const std::vector<float> plain = forward(false);
    const auto error = [&](const std::vector<float>& y) { return test::max_error(y.data(), plain.data(), static_cast<long>(plain.size())); };
    std::set<std::vector<float>> different = {plain};
    for (const Precision precision : {Precision::kTf32, Precision::kFloat16, Precision::kBfloat16}) {
        const WithPrecision with(precision);
        const std::vector<float> trained = forward(false), inferred = forward(true);
        EXPECT(error(trained) < 4e-3 && error(inferred) < 4e-2);
        EXPECT(different.insert(inferred).second);
        EXPECT((trained == inferred) == (precision == Precision::kTf32));
        compare("IcconvInceptionConv2DGradInput", common, {dy, filter, {{2}, {}, {7, 6}, true}}, 1, 4e-3);
        compare("IcconvInceptionConv2DGradFilter", sized, {x, dy}, 1, 4e-3);
    }
    EXPECT(forward(true) == plain);
}

TEST(gpu_ops_conv_finish) {
    const Values x = random_values({1, 3, 2, 5}), bias = random_values({5}), residual = random_values({1, 3, 2, 5});
    const Result y = run("IcconvConvFinish", {{"activation", std::string("relu")}}, {x, bias, residual}, 1, kGpu)[0];
    EXPECT(y.failure.empty() && y.device == kGpu && y.floats.size() == 30);
    for (size_t i = 0; i < y.floats.size(); ++i) EXPECT(std::abs(y.floats[i] - std::fmax(0.0f, x.floats[i] + bias.floats[i % 5] + residual.floats[i])) < 1e-6);
}

TEST(gpu_ops_dilation_sums) {
    // Dilations up to 2 of a radius of 1: distances 0 to 2 along each axis.
    std::vector<Values> classes;
    for (int i = 0; i < 9; ++i) classes.push_back(random_values({2, 3, 4, 5}));
    const std::vector<std::pair<std::string, Attribute>> settings = {{"N", int64_t{9}}, {"max_dilation", int64_t{2}}, {"radius", int64_t{1}}};
    const std::vector<Result> got = run("IcconvDilationSums", settings, classes, 3, kGpu);
    EXPECT(got[0].failure.empty() && got[0].device == kGpu && got[1].shape == (std::vector<int64_t>{4, 5}) && got[2].shape == (std::vector<int64_t>{5}));
    const int kept[4][4] = {{0, 1, 3, 4}, {0, 2, 3, 5}, {0, 1, 6, 7}, {0, 2, 6, 8}};
    for (int channel = 0; channel < 5; ++channel) {
        float whole = 0, errors[4] = {};
        for (int i = channel; i < 120; i += 5) {
            float y = 0;
            for (const Values& map : classes) y += map.floats[i];
            EXPECT(std::abs(got[0].floats[i] - y) < 1e-5f);
            whole += std::abs(y) / 24;
            for (int d = 0; d < 4; ++d) {
                float left = y;
                for (int k : kept[d]) left -= classes[k].floats[i];
                errors[d] += std::abs(left) / 24;
            }
        }
        EXPECT(std::abs(got[2].floats[channel] - whole) < 1e-5f);
        for (int d = 0; d < 4; ++d) EXPECT(std::abs(got[1].floats[5 * d + channel] - errors[d]) < 1e-5f);
    }
}

}  // namespace
