#include "cuda/driver_launcher.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "cuda/cubin_cache.h"
#include "cuda/library.h"

namespace icconv {
namespace {

// The few declarations of cuda.h that are used; its C interface is stable. Handles are pointers to something opaque.
struct Driver {
    int (*stream_context)(void* stream, void** context);
    int (*push)(void* context);
    int (*pop)(void** context);
    int (*device)(int* device);
    int (*attribute)(int* value, int attribute, int device);
    int (*load)(void** module, const void* image);
    int (*function)(void** function, void* module, const char* name);
    int (*launch)(void* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
                  unsigned shared, void* stream, void** arguments, void** extra);
    int (*fill)(uint64_t to, unsigned char value, size_t bytes, void* stream);
    int (*to_device)(uint64_t to, const void* from, size_t bytes, void* stream);
    int (*to_host)(void* to, uint64_t from, size_t bytes, void* stream);
    int (*within)(uint64_t to, uint64_t from, size_t bytes, void* stream);
    int (*wait)(void* stream);
    int (*error)(int result, const char** text);

    Driver() {
        const Library library("libcuda.so.1", "install NVIDIA's driver, 525 or newer (Debian and Ubuntu: apt-get install nvidia-driver; nvidia-smi then shows it), or take device \"cpu\"");
        library.find("cuStreamGetCtx", &stream_context);
        library.find("cuCtxPushCurrent_v2", &push);
        library.find("cuCtxPopCurrent_v2", &pop);
        library.find("cuCtxGetDevice", &device);
        library.find("cuDeviceGetAttribute", &attribute);
        library.find("cuModuleLoadData", &load);
        library.find("cuModuleGetFunction", &function);
        library.find("cuLaunchKernel", &launch);
        library.find("cuMemsetD8Async", &fill);
        library.find("cuMemcpyHtoDAsync_v2", &to_device);
        library.find("cuMemcpyDtoHAsync_v2", &to_host);
        library.find("cuMemcpyDtoDAsync_v2", &within);
        library.find("cuStreamSynchronize", &wait);
        library.find("cuGetErrorString", &error);
    }
};

// Of CUdevice_attribute.
constexpr int kMultiprocessors = 16, kMajor = 75, kMinor = 76;

const Driver& driver() {
    static const Driver instance;
    return instance;
}

std::string text_of(int result) {
    const char* text = nullptr;
    driver().error(result, &text);
    return std::string(text == nullptr ? "unknown error" : text) + " (" + std::to_string(result) + ")";
}

void check(int result, const std::string& what) {
    if (result != 0) throw CudaFailure(what + ": " + text_of(result));
}

int device_attribute(int attribute) {
    int device = 0, value = 0;
    check(driver().device(&device), "cuCtxGetDevice");
    check(driver().attribute(&value, attribute, device), "cuDeviceGetAttribute");
    return value;
}

uint64_t address(const void* p) { return reinterpret_cast<uintptr_t>(p); }

// Modules and functions of each context that has asked.
class Kernels {
public:
    void* function(void* context, const CudaKernel& kernel) {
        std::lock_guard<std::mutex> lock(mutex_);
        void*& function = functions_[{context, kernel.name}];
        if (function == nullptr) {
            check(driver().function(&function, module(context, kernel.source), kernel.name), std::string("cuModuleGetFunction ") + kernel.name);
        }
        return function;
    }

private:
    void* module(void* context, const char* source) {
        void*& module = modules_[{context, source}];
        if (module != nullptr) return module;
        const CudaArch arch{device_attribute(kMajor), device_attribute(kMinor)};
        if (driver().load(&module, cached_kernels(source, arch).data()) == 0) return module;
        // Whatever is wrong with what the cache holds.
        check(driver().load(&module, cached_kernels(source, arch, true).data()), std::string("cuModuleLoadData ") + source);
        return module;
    }

    std::mutex mutex_;
    std::map<std::pair<void*, std::string>, void*> modules_, functions_;
};

}  // namespace

DriverLauncher::DriverLauncher(void* stream) : stream_(stream) {
    check(driver().stream_context(stream_, &context_), "cuStreamGetCtx");
    check(driver().push(context_), "cuCtxPushCurrent");
}

DriverLauncher::~DriverLauncher() {
    void* popped = nullptr;
    driver().pop(&popped);
}

void DriverLauncher::clear(void* memory, size_t bytes) {
    if (bytes > 0) check(driver().fill(address(memory), 0, bytes, stream_), "cuMemsetD8Async");
}

void DriverLauncher::to_device(void* to, const void* from, size_t bytes) {
    if (bytes > 0) check(driver().to_device(address(to), from, bytes, stream_), "cuMemcpyHtoDAsync");
}

void DriverLauncher::within_device(void* to, const void* from, size_t bytes) {
    if (bytes > 0) check(driver().within(address(to), address(from), bytes, stream_), "cuMemcpyDtoDAsync");
}

void DriverLauncher::to_host(void* to, const void* from, size_t bytes) {
    if (bytes > 0) check(driver().to_host(to, address(from), bytes, stream_), "cuMemcpyDtoHAsync");
    check(driver().wait(stream_), "cuStreamSynchronize");
}

int DriverLauncher::multiprocessors() const { return device_attribute(kMultiprocessors); }

int DriverLauncher::architecture() const { return 10 * device_attribute(kMajor) + device_attribute(kMinor); }

void DriverLauncher::launch(const CudaKernel& kernel, CudaGrid grid, void** arguments, const size_t*, size_t) {
    static Kernels kernels;
    void* const function = kernels.function(context_, kernel);
    check(driver().launch(function, grid.blocks, 1, 1, grid.threads, 1, 1, 0, stream_, arguments, nullptr), std::string("cuLaunchKernel ") + kernel.name);
}

}  // namespace icconv
