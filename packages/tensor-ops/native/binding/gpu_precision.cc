#include "binding/gpu_precision.h"

#include <atomic>

#include "tensorflow/core/platform/tensor_float_32_utils.h"

namespace icconv {
namespace {

std::atomic<Precision> chosen{Precision::kTf32};

}  // namespace

void set_gpu_precision(Precision precision) {
    chosen = precision;
    tensorflow::enable_tensor_float_32_execution(precision != Precision::kFloat32);
}

Precision gpu_precision() {
    if (!tensorflow::tensor_float_32_execution_enabled()) return Precision::kFloat32;
    const Precision precision = chosen;
    return precision == Precision::kFloat32 ? Precision::kTf32 : precision;
}

}  // namespace icconv

// For tests outside Node.
extern "C" __attribute__((visibility("default"))) void icconv_set_gpu_precision(int precision) {
    icconv::set_gpu_precision(static_cast<icconv::Precision>(precision));
}
