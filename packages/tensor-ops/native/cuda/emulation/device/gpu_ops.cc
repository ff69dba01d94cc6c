#include "cuda/emulation/device/gpu_ops.h"

#include <cstring>

namespace icconv::gpu_ops {
namespace {

// The engine's own module, as Node loads it; what it wants of Node is never called.
const bool loaded = [] {
    const char* const ops = std::getenv("ICCONV_TEST_OPS");
    if (ops != nullptr && dlopen(ops, RTLD_LAZY | RTLD_GLOBAL) != nullptr) return true;
    std::printf("ICCONV_TEST_OPS: %s\n", ops == nullptr ? "not set" : dlerror());
    std::exit(1);
}();

const bool begun = (WithPrecision(Precision::kFloat32), true);

}  // namespace

TFE_Context* context() {
    static TFE_Context* const one = [] {
        Status status;
        TFE_ContextOptions* const options = TFE_NewContextOptions();
        TFE_ContextOptionsSetDevicePlacementPolicy(options, TFE_DEVICE_PLACEMENT_EXPLICIT);
        TFE_Context* const made = TFE_NewContext(options, status);
        status.need("context");
        return made;
    }();
    return one;
}

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

std::vector<TFE_TensorHandle*> execute(const char* name, const std::vector<std::pair<std::string, Attribute>>& attributes,
                                       const std::vector<TFE_TensorHandle*>& inputs, int outputs, const char* device, std::string* failure) {
    Status status;
    TFE_Op* const op = TFE_NewOp(context(), name, status);
    status.need(name);
    if (device != nullptr) TFE_OpSetDevice(op, device, status);
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

std::vector<Result> compare(const char* name, const std::vector<std::pair<std::string, Attribute>>& attributes, const std::vector<Values>& inputs,
                            int outputs, double tolerance, bool on_host) {
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

Values bits_of(const std::vector<double>& numbers) {
    Values values{{1, static_cast<int64_t>(2 * numbers.size())}, {}, std::vector<int32_t>(2 * numbers.size()), true};
    std::memcpy(values.ints.data(), numbers.data(), numbers.size() * sizeof(double));
    return values;
}

}  // namespace icconv::gpu_ops
