// A libcuda.so.1 for tests: the calls that driver_launcher.cc makes, with kernels run on the CPU by shim.cuh. It is linked with the files
// <op>_shim_cuda_test.cc, which bring the kernels. Must never lie where the CUDA library of TensorFlow finds it.
#include <cstring>
#include <mutex>
#include <string>

#include "cuda/emulation/shim.cuh"

namespace {

int context_mark, module_mark;

}  // namespace

#define ICCONV_DRIVER extern "C" __attribute__((visibility("default"))) int

ICCONV_DRIVER cuStreamGetCtx(void*, void** context) { return *context = &context_mark, 0; }
ICCONV_DRIVER cuCtxPushCurrent_v2(void* context) { return context == &context_mark ? 0 : 201; }
ICCONV_DRIVER cuCtxPopCurrent_v2(void** context) { return *context = &context_mark, 0; }
ICCONV_DRIVER cuCtxGetDevice(int* device) { return *device = 0, 0; }
// No cuInit: NVRTC, which looks for it, would call more.
ICCONV_DRIVER cuDeviceGet(int* device, int ordinal) { return *device = ordinal, 0; }
ICCONV_DRIVER cuDeviceGetName(char* text, int, int) { return std::strcpy(text, "stub"), 0; }
// An sm_90 of two multiprocessors, of 1 GHz, with a bus of 384 bits at 2 GHz.
ICCONV_DRIVER cuDeviceGetAttribute(int* value, int attribute, int) {
    switch (attribute) {
        case 13: return *value = 1000000, 0;
        case 16: return *value = 2, 0;
        case 36: return *value = 2000000, 0;
        case 37: return *value = 384, 0;
        case 75: return *value = 9, 0;
        default: return *value = 0, 0;
    }
}
ICCONV_DRIVER cuModuleLoadData(void** module, const void* image) {
    if (std::memcmp(image, "\177ELF", 4) != 0) return 200;
    return *module = &module_mark, 0;
}
ICCONV_DRIVER cuModuleGetFunction(void** function, void*, const char* name) {
    const auto found = icconv::shim::kernels().find(name);
    if (found == icconv::shim::kernels().end()) return 500;
    return *function = const_cast<std::string*>(&found->first), 0;
}
ICCONV_DRIVER cuLaunchKernel(void* function, unsigned grid_x, unsigned, unsigned, unsigned block_x, unsigned, unsigned, unsigned, void*,
                             void** arguments, void**) {
    // A function of TensorFlow starts kernels from several threads, as the driver allows; the shim runs one at a time.
    static std::mutex mutex;
    const std::lock_guard<std::mutex> lock(mutex);
    return icconv::shim::run_kernel(*static_cast<std::string*>(function), {grid_x, block_x}, arguments), 0;
}
ICCONV_DRIVER cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, void*) { return std::memset(reinterpret_cast<void*>(to), value, bytes), 0; }
ICCONV_DRIVER cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void*) {
    return std::memcpy(reinterpret_cast<void*>(to), from, bytes), 0;
}
ICCONV_DRIVER cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void*) { return std::memcpy(to, reinterpret_cast<void*>(from), bytes), 0; }
ICCONV_DRIVER cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void*) {
    return std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes), 0;
}
ICCONV_DRIVER cuStreamSynchronize(void*) { return 0; }
ICCONV_DRIVER cuGetErrorString(int, const char** text) { return *text = "an error of the stub", 0; }
