// Our ops on a device of type GPU (fake_gpu.cc) inside TensorFlow's eager runtime, against the same ops on the CPU. Kernels are compiled by
// NVRTC and cached for real; the driver below is a stub (stub_driver.cc). test-native.ts puts both in place.
#ifndef ICCONV_CUDA_EMULATION_DEVICE_GPU_OPS_H_
#define ICCONV_CUDA_EMULATION_DEVICE_GPU_OPS_H_

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/test.h"
#include "cuda/precision.h"
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"

namespace icconv::gpu_ops {

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
// It refuses every copy from device to device that nobody asked for.
TFE_Context* context();

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

// On the device; what is the host's stays there.
TFE_TensorHandle* place(const Values& values, const char* device);

Result read(TFE_TensorHandle* handle);

// The outputs where the op leaves them; none, and why, where it fails. device: TensorFlow's choice where it is null.
std::vector<TFE_TensorHandle*> execute(const char* name, const std::vector<std::pair<std::string, Attribute>>& attributes,
                                       const std::vector<TFE_TensorHandle*>& inputs, int outputs, const char* device, std::string* failure);

std::vector<Result> run(const char* name, const std::vector<std::pair<std::string, Attribute>>& attributes, const std::vector<Values>& inputs,
                        int outputs, const char* device);

// The op on both devices: on the GPU for real, and with the CPU's results. on_host: where the GPU's kernel leaves them.
std::vector<Result> compare(const char* name, const std::vector<std::pair<std::string, Attribute>>& attributes, const std::vector<Values>& inputs,
                            int outputs, double tolerance, bool on_host = false);

Values random_values(std::vector<int64_t> shape);

// The bits of doubles, as image_batch_op.cc reads them.
Values bits_of(const std::vector<double>& numbers);

}  // namespace icconv::gpu_ops

#endif  // ICCONV_CUDA_EMULATION_DEVICE_GPU_OPS_H_
