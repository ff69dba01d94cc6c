// Starts kernels through NVIDIA's driver, on a stream of somebody else's.
#ifndef ICCONV_CUDA_DRIVER_LAUNCHER_H_
#define ICCONV_CUDA_DRIVER_LAUNCHER_H_

#include <cstddef>

#include "cuda/launcher.h"

namespace icconv {

// While one lives, the stream's context is the thread's. A kernel is compiled at its first use on a device (cubin_cache.h) and kept.
class DriverLauncher final : public Launcher {
public:
    // stream: a CUstream. @throws CudaUnavailable where there is no driver; CudaFailure
    explicit DriverLauncher(void* stream);
    ~DriverLauncher() override;
    DriverLauncher(const DriverLauncher&) = delete;
    DriverLauncher& operator=(const DriverLauncher&) = delete;

    void clear(void* memory, size_t bytes) override;
    // Queued copies; `from` of the host is read before to_device() returns.
    void to_device(void* to, const void* from, size_t bytes);
    void within_device(void* to, const void* from, size_t bytes);
    // Waits for what the stream has queued, the copy included.
    void to_host(void* to, const void* from, size_t bytes);

    int multiprocessors() const;
    // 86 for sm_86.
    int architecture() const;

protected:
    // @throws CudaUnavailable where there is no NVRTC; CudaFailure
    void launch(const CudaKernel& kernel, CudaGrid grid, void** arguments, const size_t* sizes, size_t count) override;

private:
    void* stream_;
    void* context_ = nullptr;
};

}  // namespace icconv

#endif  // ICCONV_CUDA_DRIVER_LAUNCHER_H_
