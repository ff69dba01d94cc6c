#include "binding/gpu_device.h"

#include "cuda/library.h"

namespace icconv {
namespace {

// Of CUdevice_attribute in cuda.h, part of the driver's stable C interface.
constexpr int kClock = 13, kMultiprocessors = 16, kMemoryClock = 36, kBusBits = 37, kMajor = 75, kMinor = 76;

}  // namespace

bool first_gpu(GpuDevice* device) try {
    const Library driver("libcuda.so.1", "install NVIDIA's driver");
    int (*get)(int* device, int ordinal);
    int (*name)(char* text, int bytes, int device);
    int (*attribute)(int* value, int attribute, int device);
    driver.find("cuDeviceGet", &get);
    driver.find("cuDeviceGetName", &name);
    driver.find("cuDeviceGetAttribute", &attribute);
    int first = 0;
    char text[256] = "";
    if (get(&first, 0) != 0 || name(text, sizeof(text), first) != 0) return false;
    const auto value_of = [&](int which) {
        int value = 0;
        return attribute(&value, which, first) == 0 ? value : 0;
    };
    *device = {text, 10 * value_of(kMajor) + value_of(kMinor), value_of(kMultiprocessors), value_of(kClock), value_of(kMemoryClock), value_of(kBusBits)};
    return true;
} catch (const CudaUnavailable&) {
    return false;
}

}  // namespace icconv

// For tests outside Node: architecture, multiprocessors, the clocks, the bus, of a device that is called "stub".
extern "C" __attribute__((visibility("default"))) bool icconv_first_gpu(int32_t (&values)[5]) {
    icconv::GpuDevice device;
    if (!icconv::first_gpu(&device)) return false;
    const int32_t all[] = {device.architecture, device.multiprocessors, device.clock, device.memory_clock, device.bus_bits};
    for (int i = 0; i < 5; ++i) values[i] = all[i];
    return device.name == "stub";
}
