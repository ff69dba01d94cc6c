// What the driver says of the first GPU, for benchmarks: how fast it could be.
#ifndef ICCONV_BINDING_GPU_DEVICE_H_
#define ICCONV_BINDING_GPU_DEVICE_H_

#include <cstdint>
#include <string>

namespace icconv {

struct GpuDevice {
    std::string name;
    // 86 for sm_86.
    int32_t architecture = 0;
    int32_t multiprocessors = 0;
    // Highest clocks, in kHz; that of memory transfers twice in each.
    int32_t clock = 0, memory_clock = 0;
    // Of the bus to the memory.
    int32_t bus_bits = 0;
};

// False where there is no driver, or nobody in this process has started it, as TensorFlow does for its device.
bool first_gpu(GpuDevice* device);

}  // namespace icconv

#endif  // ICCONV_BINDING_GPU_DEVICE_H_
