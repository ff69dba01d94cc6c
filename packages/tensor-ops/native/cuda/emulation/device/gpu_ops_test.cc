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

#include "common/test.h"
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/core/framework/kernel_def.pb.h"
#include "tensorflow/core/framework/op_kernel.h"

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
    const bool is_int = !values.ints.empty();
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

std::vector<Result> run(const char* name, const std::vector<std::pair<std::string, Attribute>>& attributes, const std::vector<Values>& inputs,
                        int outputs, const char* device) {
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
    for (const Values& input : inputs) {
        TFE_OpAddInput(op, place(input, device), status);
        status.need("input");
    }
    std::vector<TFE_TensorHandle*> handles(outputs);
    TFE_Execute(op, handles.data(), &outputs, status);
    std::vector<Result> results(handles.size());
    if (TF_GetCode(status) != TF_OK) {
        for (Result& result : results) result.failure = status.text();
        return results;
    }
    for (size_t i = 0; i < handles.size(); ++i) results[i] = read(handles[i]);
    return results;
}

// The op on both devices: on the GPU for real, and with the CPU's results.
std::vector<Result> compare(const char* name, const std::vector<std::pair<std::string, Attribute>>& attributes, const std::vector<Values>& inputs,
                            int outputs, double tolerance) {
    const std::vector<Result> cpu = run(name, attributes, inputs, outputs, kCpu);
    const std::vector<Result> gpu = run(name, attributes, inputs, outputs, kGpu);
    for (int i = 0; i < outputs; ++i) {
        if (!cpu[i].failure.empty() || !gpu[i].failure.empty()) std::printf("%s: %s %s\n", name, cpu[i].failure.c_str(), gpu[i].failure.c_str());
        EXPECT(cpu[i].failure.empty() && gpu[i].failure.empty());
        EXPECT(gpu[i].device == kGpu || !gpu[i].ints.empty());
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
    scores.floats[5] = NAN;
    EXPECT(run("IcconvNms", settings, {boxes, scores, groups}, 1, kGpu)[0].failure.find("score 5 is NaN") != std::string::npos);
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

// Every op of ours that has a GPU kernel is run above: the list is what the runtime knows.
TEST(gpu_ops_all_are_tested) {
    std::set<std::string> known;
    const tensorflow::KernelList all = tensorflow::GetAllRegisteredKernels();
    for (const auto& kernel : all.kernel()) {
        if (kernel.device_type() == "GPU" && kernel.op().rfind("Icconv", 0) == 0) known.insert(kernel.op());
    }
    const std::set<std::string> tested = {"IcconvInceptionConv2D", "IcconvInceptionConv2DPack", "IcconvInceptionConv2DPacked",
                                          "IcconvInceptionConv2DGradInput", "IcconvInceptionConv2DGradFilter", "IcconvNms",
                                          "IcconvRoiAlign", "IcconvRoiAlignGrad"};
    for (const std::string& op : known) {
        if (tested.count(op) == 0) std::printf("%s has a GPU kernel and no test\n", op.c_str());
    }
    EXPECT(known == tested);
}

}  // namespace
