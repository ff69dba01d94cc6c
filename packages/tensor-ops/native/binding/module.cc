// The Node-API module. Loading it runs the static registrations of the other files in this folder, which add our ops to the
// TensorFlow runtime of this process; Node unloads a file that is no Node-API module, so it must be one.
#include <node_api.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "binding/functions.h"
#include "binding/gpu_device.h"
#include "binding/gpu_precision.h"
#include "common/memory.h"
#include "common/simd.h"
#include "ops/conv2d/conv2d.h"
#include "tensorflow/core/framework/device_factory.h"
#include "tensorflow/core/framework/kernel_def.pb.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace icconv {

// decode_jpeg.cc
napi_value decode_jpeg(napi_env env, napi_callback_info info);

}  // namespace icconv

namespace {

napi_value simd_level(napi_env env, napi_callback_info) {
    napi_value result;
    napi_create_string_utf8(env, icconv::simd_level_name(icconv::simd_level()), NAPI_AUTO_LENGTH, &result);
    return result;
}

// One of `values` by the string that a function is called with. False where there is none, with an error thrown that says what is `expected`.
template <class Value, size_t count>
bool chosen_by_name(napi_env env, napi_callback_info info, const std::string& function, const Value (&values)[count],
                    const char* (*name_of)(Value), const char* expected, Value* chosen) {
    size_t argc = 1;
    napi_value argument;
    char name[16] = "";
    size_t length = 0;
    if (napi_get_cb_info(env, info, &argc, &argument, nullptr, nullptr) != napi_ok || argc != 1 ||
        napi_get_value_string_utf8(env, argument, name, sizeof(name), &length) != napi_ok) {
        napi_throw_type_error(env, nullptr, (function + ": expected one string").c_str());
        return false;
    }
    for (Value value : values) {
        if (std::string(name) == name_of(value)) {
            *chosen = value;
            return true;
        }
    }
    napi_throw_range_error(env, nullptr, (function + ": expected " + expected).c_str());
    return false;
}

// setSimdLevel(name): lowers the level, for tests; gives the level in force.
napi_value set_simd_level(napi_env env, napi_callback_info info) {
    using icconv::SimdLevel;
    constexpr SimdLevel kLevels[] = {SimdLevel::kScalar, SimdLevel::kAvx2, SimdLevel::kAvx512, SimdLevel::kAmx};
    SimdLevel level;
    if (!chosen_by_name(env, info, "setSimdLevel", kLevels, icconv::simd_level_name, "scalar, avx2, avx512 or amx", &level)) return nullptr;
    icconv::set_simd_level(level);
    return simd_level(env, info);
}

// bfloat16(): whether products of bfloat16 can be had at the level in force.
napi_value bfloat16(napi_env env, napi_callback_info) {
    napi_value result;
    napi_get_boolean(env, icconv::conv2d_has_bfloat16(), &result);
    return result;
}

napi_value compiler(napi_env env, napi_callback_info) {
    napi_value result;
#if defined(__clang__)
    const std::string name = std::string("clang ") + __clang_version__;
#else
    const std::string name = std::string("gcc ") + __VERSION__;
#endif
    napi_create_string_utf8(env, name.c_str(), name.size(), &result);
    return result;
}

// devices(): TensorFlow's physical devices, such as "CPU:0" and "GPU:0".
napi_value devices(napi_env env, napi_callback_info) {
    std::vector<std::string> names;
    const auto status = tensorflow::DeviceFactory::ListAllPhysicalDevices(&names);
    if (!status.ok()) {
        napi_throw_error(env, nullptr, std::string(status.message()).c_str());
        return nullptr;
    }
    napi_value result;
    napi_create_array_with_length(env, names.size(), &result);
    for (size_t i = 0; i < names.size(); ++i) {
        const std::string prefix = "/physical_device:";
        const std::string name = names[i].rfind(prefix, 0) == 0 ? names[i].substr(prefix.size()) : names[i];
        napi_value text;
        napi_create_string_utf8(env, name.c_str(), name.size(), &text);
        napi_set_element(env, result, static_cast<uint32_t>(i), text);
    }
    return result;
}

// gpuKernels(): the ops of ours that have a kernel for the GPU, by their TensorFlow names, sorted.
napi_value gpu_kernels(napi_env env, napi_callback_info) {
    std::set<std::string> names;
    const tensorflow::KernelList all = tensorflow::GetAllRegisteredKernels();
    for (const auto& kernel : all.kernel()) {
        if (kernel.device_type() == tensorflow::DEVICE_GPU && kernel.op().rfind("Icconv", 0) == 0) names.insert(kernel.op());
    }
    napi_value result;
    napi_create_array_with_length(env, names.size(), &result);
    uint32_t i = 0;
    for (const std::string& name : names) {
        napi_value text;
        napi_create_string_utf8(env, name.c_str(), name.size(), &text);
        napi_set_element(env, result, i++, text);
    }
    return result;
}

napi_value gpu_precision(napi_env env, napi_callback_info) {
    napi_value result;
    napi_create_string_utf8(env, icconv::precision_name(icconv::gpu_precision()), NAPI_AUTO_LENGTH, &result);
    return result;
}

// setGpuPrecision(name): for all that runs from now on; gives the precision in force.
napi_value set_gpu_precision(napi_env env, napi_callback_info info) {
    using icconv::Precision;
    constexpr Precision kPrecisions[] = {Precision::kFloat32, Precision::kTf32, Precision::kFloat16, Precision::kBfloat16};
    Precision precision;
    if (!chosen_by_name(env, info, "setGpuPrecision", kPrecisions, icconv::precision_name, "float32, tf32, float16 or bfloat16", &precision)) {
        return nullptr;
    }
    icconv::set_gpu_precision(precision);
    return gpu_precision(env, info);
}

// gpuDevice(): the first GPU by its driver, which TensorFlow has started: { name, architecture, multiprocessors, clockKhz, memoryClockKhz, busBits }; or
// null.
napi_value gpu_device(napi_env env, napi_callback_info) {
    napi_value result, value;
    icconv::GpuDevice device;
    if (!icconv::first_gpu(&device)) {
        napi_get_null(env, &result);
        return result;
    }
    napi_create_object(env, &result);
    napi_create_string_utf8(env, device.name.c_str(), device.name.size(), &value);
    napi_set_named_property(env, result, "name", value);
    const std::pair<const char*, int32_t> numbers[] = {{"architecture", device.architecture},
                                                       {"multiprocessors", device.multiprocessors},
                                                       {"clockKhz", device.clock},
                                                       {"memoryClockKhz", device.memory_clock},
                                                       {"busBits", device.bus_bits}};
    for (const auto& [name, number] : numbers) {
        napi_create_int32(env, number, &value);
        napi_set_named_property(env, result, name, value);
    }
    return result;
}

// obtainable(bytes): whether there is so much memory.
napi_value obtainable(napi_env env, napi_callback_info info) {
    size_t argc = 1;
    napi_value argument;
    double bytes = 0;
    if (napi_get_cb_info(env, info, &argc, &argument, nullptr, nullptr) != napi_ok || argc != 1 ||
        napi_get_value_double(env, argument, &bytes) != napi_ok || !(bytes >= 0 && bytes < 9e15)) {
        napi_throw_type_error(env, nullptr, "obtainable: expected a number of bytes");
        return nullptr;
    }
    napi_value result;
    napi_get_boolean(env, icconv::obtainable(static_cast<size_t>(bytes)), &result);
    return result;
}

napi_value init(napi_env env, napi_value exports) {
    const napi_property_descriptor properties[] = {
        {"simdLevel", nullptr, simd_level, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"setSimdLevel", nullptr, set_simd_level, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"bfloat16", nullptr, bfloat16, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"devices", nullptr, devices, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"gpuKernels", nullptr, gpu_kernels, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"gpuPrecision", nullptr, gpu_precision, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"setGpuPrecision", nullptr, set_gpu_precision, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"gpuDevice", nullptr, gpu_device, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"obtainable", nullptr, obtainable, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"openBinding", nullptr, icconv::open_binding, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"addFunction", nullptr, icconv::add_function, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"removeFunction", nullptr, icconv::remove_function, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"decodeJpeg", nullptr, icconv::decode_jpeg, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
        {"compiler", nullptr, compiler, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
    };
    napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
    return exports;
}

}  // namespace

NAPI_MODULE(icconv_ops, init)
