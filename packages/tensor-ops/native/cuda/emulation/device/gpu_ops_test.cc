// Our ops on a device of type GPU (fake_gpu.cc) inside TensorFlow's eager runtime, against the same ops on the CPU. Kernels are compiled by
// NVRTC and cached for real; the driver below is a stub (stub_driver.cc). test-native.ts puts both in place.
#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "cluster/gpu_memory.h"
#include "common/test.h"
#include "cuda/precision.h"
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/core/framework/kernel_def.pb.h"
#include "tensorflow/core/framework/op_kernel.h"

// Of fake_gpu.cc.
extern float icconv_fake_gpu_limit;

namespace {

using namespace icconv;

constexpr const char* kCpu = "/job:localhost/replica:0/task:0/device:CPU:0";
constexpr const char* kGpu = "/job:localhost/replica:0/task:0/device:GPU:0";

class Status {
public:
    ~Status() { TF_DeleteStatus(status_); }
    operator TF_Status*() { return status_; }
    std::string text() const { return TF_Message(status_); }
    // Faults of this test itself.
    void need(const char* what) const {
        if (TF_GetCode(status_) == TF_OK) return;
        std::printf("%s: %s\n", what, TF_Message(status_));
        std::exit(1);
    }

private:
    TF_Status* status_ = TF_NewStatus();
};

// The engine's own module, as Node loads it; what it wants of Node is never called.
const bool loaded = [] {
    const char* const ops = std::getenv("ICCONV_TEST_OPS");
    if (ops != nullptr && dlopen(ops, RTLD_LAZY | RTLD_GLOBAL) != nullptr) return true;
    std::printf("ICCONV_TEST_OPS: %s\n", ops == nullptr ? "not set" : dlerror());
    std::exit(1);
}();

// While one lives, products of convolutions are of that precision; else they are of float32, as the CPU's.
class WithPrecision {
public:
    explicit WithPrecision(Precision precision) { set(precision); }
    ~WithPrecision() { set(Precision::kFloat32); }
    WithPrecision(const WithPrecision&) = delete;
    WithPrecision& operator=(const WithPrecision&) = delete;

private:
    static void set(Precision precision) {
        const auto set_precision = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "icconv_set_gpu_precision"));
        set_precision(static_cast<int>(precision));
    }
};
const bool begun = (WithPrecision(Precision::kFloat32), true);

TFE_Context* context() {
    static TFE_Context* const one = [] {
        Status status;
        TFE_ContextOptions* const options = TFE_NewContextOptions();
        // A copy from device to device that nobody asked for is an error.
        TFE_ContextOptionsSetDevicePlacementPolicy(options, TFE_DEVICE_PLACEMENT_EXPLICIT);
        TFE_Context* const made = TFE_NewContext(options, status);
        status.need("context");
        return made;
    }();
    return one;
}

struct Values {
    std::vector<int64_t> shape;
    std::vector<float> floats;
    std::vector<int32_t> ints;  // Instead of floats.
    // A GPU kernel reads it on the host, as all that says sizes.
    bool host = false;
    // Where ints are none.
    bool empty_ints = false;
};

struct Result {
    std::string failure;
    std::string device;
    std::vector<int64_t> shape;
    std::vector<float> floats;
    std::vector<int32_t> ints;
};

using Attribute = std::variant<int64_t, float, bool, std::string, std::vector<int64_t>, std::vector<float>>;

TFE_TensorHandle* place(const Values& values, const char* device) {
    Status status;
    const bool is_int = !values.ints.empty() || values.empty_ints;
    const size_t bytes = 4 * (is_int ? values.ints.size() : values.floats.size());
    TF_Tensor* const tensor = TF_AllocateTensor(is_int ? TF_INT32 : TF_FLOAT, values.shape.data(), static_cast<int>(values.shape.size()), bytes);
    if (bytes > 0) std::memcpy(TF_TensorData(tensor), is_int ? static_cast<const void*>(values.ints.data()) : values.floats.data(), bytes);
    TFE_TensorHandle* const host = TFE_NewTensorHandle(tensor, status);
    status.need("tensor");
    if (values.host || device == kCpu) return host;
    TFE_TensorHandle* const placed = TFE_TensorHandleCopyToDevice(host, context(), device, status);
    status.need("copy");
    return placed;
}

Result read(TFE_TensorHandle* handle) {
    Status status;
    Result result;
    result.device = TFE_TensorHandleBackingDeviceName(handle, status);
    TF_Tensor* const tensor = TFE_TensorHandleResolve(handle, status);
    status.need("resolve");
    for (int axis = 0; axis < TF_NumDims(tensor); ++axis) result.shape.push_back(TF_Dim(tensor, axis));
    const size_t count = TF_TensorElementCount(tensor);
    if (TF_TensorType(tensor) == TF_INT32) {
        result.ints.assign(static_cast<int32_t*>(TF_TensorData(tensor)), static_cast<int32_t*>(TF_TensorData(tensor)) + count);
    } else {
        result.floats.assign(static_cast<float*>(TF_TensorData(tensor)), static_cast<float*>(TF_TensorData(tensor)) + count);
    }
    return result;
}

// The outputs where the op leaves them; none, and why, where it fails.
std::vector<TFE_TensorHandle*> execute(const char* name, const std::vector<std::pair<std::string, Attribute>>& attributes,
                                       const std::vector<TFE_TensorHandle*>& inputs, int outputs, const char* device, std::string* failure) {
    Status status;
    TFE_Op* const op = TFE_NewOp(context(), name, status);
    status.need(name);
    TFE_OpSetDevice(op, device, status);
    status.need("device");
    for (const auto& [key, value] : attributes) {
        const char* const k = key.c_str();
        if (const auto* one = std::get_if<int64_t>(&value)) TFE_OpSetAttrInt(op, k, *one);
        if (const auto* one = std::get_if<float>(&value)) TFE_OpSetAttrFloat(op, k, *one);
        if (const auto* one = std::get_if<bool>(&value)) TFE_OpSetAttrBool(op, k, *one);
        if (const auto* one = std::get_if<std::string>(&value)) TFE_OpSetAttrString(op, k, one->data(), one->size());
        if (const auto* list = std::get_if<std::vector<int64_t>>(&value)) TFE_OpSetAttrIntList(op, k, list->data(), static_cast<int>(list->size()));
        if (const auto* list = std::get_if<std::vector<float>>(&value)) TFE_OpSetAttrFloatList(op, k, list->data(), static_cast<int>(list->size()));
    }
    for (TFE_TensorHandle* input : inputs) {
        TFE_OpAddInput(op, input, status);
        status.need("input");
    }
    std::vector<TFE_TensorHandle*> handles(outputs);
    TFE_Execute(op, handles.data(), &outputs, status);
    if (TF_GetCode(status) == TF_OK) return handles;
    *failure = status.text();
    return {};
}

std::vector<Result> run(const char* name, const std::vector<std::pair<std::string, Attribute>>& attributes, const std::vector<Values>& inputs,
                        int outputs, const char* device) {
    std::vector<TFE_TensorHandle*> placed;
    for (const Values& input : inputs) placed.push_back(place(input, device));
    std::string failure;
    const std::vector<TFE_TensorHandle*> handles = execute(name, attributes, placed, outputs, device, &failure);
    std::vector<Result> results(outputs);
    for (Result& result : results) result.failure = failure;
    for (size_t i = 0; i < handles.size(); ++i) results[i] = read(handles[i]);
    return results;
}

// The op on both devices: on the GPU for real, and with the CPU's results. on_host: where the GPU's kernel leaves them.
std::vector<Result> compare(const char* name, const std::vector<std::pair<std::string, Attribute>>& attributes, const std::vector<Values>& inputs,
                            int outputs, double tolerance, bool on_host = false) {
    const std::vector<Result> cpu = run(name, attributes, inputs, outputs, kCpu);
    const std::vector<Result> gpu = run(name, attributes, inputs, outputs, kGpu);
    for (int i = 0; i < outputs; ++i) {
        if (!cpu[i].failure.empty() || !gpu[i].failure.empty()) std::printf("%s: %s %s\n", name, cpu[i].failure.c_str(), gpu[i].failure.c_str());
        EXPECT(cpu[i].failure.empty() && gpu[i].failure.empty());
        EXPECT(gpu[i].device == kGpu || on_host);
        EXPECT(gpu[i].shape == cpu[i].shape && gpu[i].ints == cpu[i].ints && gpu[i].floats.size() == cpu[i].floats.size());
        EXPECT(test::max_error(gpu[i].floats.data(), cpu[i].floats.data(), static_cast<long>(gpu[i].floats.size())) <= tolerance);
    }
    return gpu;
}

Values random_values(std::vector<int64_t> shape) {
    static test::Random random(23);
    int64_t count = 1;
    for (int64_t length : shape) count *= length;
    Values values{std::move(shape), std::vector<float>(count), {}};
    for (float& v : values.floats) v = random.uniform(-1, 1);
    return values;
}

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

// The bits of doubles, as image_batch_op.cc reads them.
Values bits_of(const std::vector<double>& numbers) {
    Values values{{1, static_cast<int64_t>(2 * numbers.size())}, {}, std::vector<int32_t>(2 * numbers.size()), true};
    std::memcpy(values.ints.data(), numbers.data(), numbers.size() * sizeof(double));
    return values;
}

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

// What the driver says of it, as the benchmark's roofline takes it.
TEST(gpu_ops_device) {
    const auto first_gpu = reinterpret_cast<bool (*)(int32_t(&)[5])>(dlsym(RTLD_DEFAULT, "icconv_first_gpu"));
    int32_t values[5] = {};
    EXPECT(first_gpu(values));
    EXPECT(values[0] == 90 && values[1] == 2 && values[2] == 1000000 && values[3] == 2000000 && values[4] == 384);
}

// What TensorFlow's C interface is given, byte by byte, and that the device is made with it.
TEST(gpu_ops_memory_limit) {
    // gpu_options = 6 { experimental = 9 { virtual_devices = 1 { memory_limit_mb = 1: packed floats } } }
    const std::string config = gpu_memory_config(2048);
    EXPECT(config == std::string("\x32\x0a\x4a\x08\x0a\x06\x0a\x04\x00\x00\x00\x45", 12));
    Status status;
    TFE_ContextOptions* const options = TFE_NewContextOptions();
    TFE_ContextOptionsSetConfig(options, config.data(), config.size(), status);
    status.need("config");
    icconv_fake_gpu_limit = 0;
    TFE_Context* const limited = TFE_NewContext(options, status);
    status.need("limited context");
    EXPECT(icconv_fake_gpu_limit == 2048);
    TFE_DeleteContext(limited);
    TFE_DeleteContextOptions(options);
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

// From a picture's bytes to people, and to pooled features of boxes, without a copy that is not an op's own: the context refuses every other.
TEST(gpu_ops_stay_on_the_device) {
    const auto next = [](const char* name, const std::vector<std::pair<std::string, Attribute>>& attributes,
                         const std::vector<TFE_TensorHandle*>& inputs, int outputs = 1) {
        std::string failure;
        const std::vector<TFE_TensorHandle*> handles = execute(name, attributes, inputs, outputs, kGpu, &failure);
        if (!failure.empty()) std::printf("%s: %s\n", name, failure.c_str());
        EXPECT(failure.empty());
        return handles;
    };
    const auto host = [](std::vector<int64_t> shape, std::vector<int32_t> ints) {
        const bool empty = ints.empty();
        return place({std::move(shape), {}, std::move(ints), true, empty}, kCpu);
    };
    const auto device = [](const Values& values) { return place(values, kGpu); };
    const auto image = next("IcconvImageBatch",
                            {{"N", int64_t{1}}, {"scale", std::vector<float>{0.01f, 0.01f, 0.01f}}, {"bias", std::vector<float>{0, 0, 0}},
                             {"fill", std::vector<float>{0, 0, 0}}, {"reversed", false}, {"antialias", true}, {"round", false}, {"opencv", false}},
                            {host({48}, std::vector<int32_t>(48, 0x20a04010)), host({1, 2}, {8, 8}), host({1, 6}, {0, 0, 0, 0, 12, 12}),
                             place(bits_of({0.6, 0, 0, 0, 0.6, 0}), kCpu), host({0}, {}), host({3}, {1, 12, 12})});
    const std::vector<int64_t> dilations = {1, 1, 2, 2, 1, 3, 1, 1}, strides = {1, 1};
    const auto packed = next("IcconvInceptionConv2DPack", {{"dilations", dilations}, {"strides", strides}}, {device(random_values({3, 3, 3, 4}))});
    const auto features = next("IcconvInceptionConv2DPacked", {{"dilations", dilations}, {"strides", strides}, {"kernel_size", int64_t{3}}},
                               {image[0], packed[0], device(random_values({4}))});
    const auto finished = next("IcconvConvFinish", {{"activation", std::string("linear")}}, {features[0], device(random_values({4})), features[0]});
    const auto maps = next("IcconvAggregateKeypointMaps",
                           {{"N", int64_t{1}}, {"keypoints", int64_t{2}}, {"flip_index", std::vector<int64_t>{1, 0}}, {"tags_from", int64_t{0}}},
                           {finished[0], host({2}, {24, 24})}, 2);
    next("IcconvGroupKeypoints",
         {{"nms_kernel", int64_t{5}}, {"max_people", int64_t{4}}, {"detection_threshold", 0.0f}, {"tag_threshold_bits", std::vector<int64_t>{0, 0x3ff00000}},
          {"use_detection_val", true}, {"ignore_too_much", false}, {"adjust", true}, {"refine", true}, {"joint_order", std::vector<int64_t>{0, 1}}},
         {maps[0], maps[1]}, 2);
    const auto pooled = next("IcconvRoiAlign",
                             {{"sampling_ratio", int64_t{2}}, {"aligned", true}, {"scales", std::vector<float>{1}}, {"pooled_height", int64_t{2}},
                              {"pooled_width", int64_t{2}}, {"N", int64_t{1}}},
                             {device({{1, 5}, {0, 1, 2, 9, 8}, {}}), host({0}, {}), finished[0]});
    EXPECT(read(pooled[0]).device == kGpu);
}

// What stands in the way is named, with what brings it.
std::string failure_of_one_call() {
    const std::vector<std::pair<std::string, Attribute>> attributes = {{"dilations", std::vector<int64_t>{1, 1}}};
    return run("IcconvInceptionConv2D", attributes, {random_values({1, 2, 2, 1}), random_values({1, 1, 1, 1}), random_values({1})}, 1, kGpu)[0].failure;
}
TEST(without_driver) {
    const std::string failure = failure_of_one_call();
    EXPECT(failure.find("libcuda.so.1 is not found") != std::string::npos && failure.find("remedy: install NVIDIA's driver") != std::string::npos);
}
TEST(without_nvrtc) {
    const std::string failure = failure_of_one_call();
    EXPECT(failure.find("libnvrtc.so.12 is not found") != std::string::npos && failure.find("remedy: npx icconv setup --device cuda") != std::string::npos);
}

// The next process compiles nothing.
TEST(gpu_ops_are_cached) {
    EXPECT(failure_of_one_call().empty());
    size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(std::getenv("ICCONV_CACHE")) / "cubins")) {
        files += entry.path().extension() == ".cubin" && entry.file_size() > 1000;
    }
    EXPECT(files > 0);
}

// Every op of ours has a GPU kernel, as the runtime knows them, which is run above, but those in whose place TypeScript takes TensorFlow's there,
// and those of masks, which are told once that they run on the CPU.
TEST(gpu_ops_all_are_tested) {
    std::set<std::string> known, of_cpu_alone;
    const tensorflow::KernelList all = tensorflow::GetAllRegisteredKernels();
    for (const auto& kernel : all.kernel()) {
        if (kernel.op().rfind("Icconv", 0) == 0) (kernel.device_type() == "GPU" ? known : of_cpu_alone).insert(kernel.op());
    }
    for (const std::string& op : known) of_cpu_alone.erase(op);
    EXPECT((of_cpu_alone == std::set<std::string>{"IcconvConv2D", "IcconvConv2DForward", "IcconvConv2DGradFilter", "IcconvConv2DGradInput",
                                                  "IcconvConv2DPack", "IcconvConvProgram", "IcconvCropMasks", "IcconvDilationErrors",
                                                  "IcconvMaxPool2D", "IcconvMaxPool2DGrad", "IcconvPasteMasks"}));
    const std::set<std::string> tested = {"IcconvAdamUpdate", "IcconvAggregateKeypointMaps", "IcconvBatchNorm", "IcconvBatchNormGrad",
                                          "IcconvBoxCandidates", "IcconvConvFinish", "IcconvDilationSums", "IcconvGlobalNorm", "IcconvGroupKeypoints", "IcconvImageBatch",
                                          "IcconvInceptionConv2D", "IcconvInceptionConv2DPack", "IcconvInceptionConv2DPacked",
                                          "IcconvInceptionConv2DGradInput", "IcconvInceptionConv2DGradFilter", "IcconvLinearCombination",
                                          "IcconvNms", "IcconvRoiAlign", "IcconvRoiAlignGrad", "IcconvSgdUpdate"};
    for (const std::string& op : known) {
        if (tested.count(op) == 0) std::printf("%s has a GPU kernel and no test\n", op.c_str());
    }
    EXPECT(known == tested);
}

}  // namespace
