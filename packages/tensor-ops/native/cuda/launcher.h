// How host code starts a kernel without knowing who runs it: the driver (driver_launcher.h), or the CPU in tests (emulation/shim.cuh).
//
// Free of CUDA's headers. A kernel's parameters are plain structs of its .cuh, pointers of the device, and numbers; what is passed must have
// just the kernel's types, since nothing converts it on the way.
#ifndef ICCONV_CUDA_LAUNCHER_H_
#define ICCONV_CUDA_LAUNCHER_H_

#include <cstddef>

namespace icconv {

// A kernel: the .cu file that holds it, as `<op>` of ops/<op>/<op>.cu, and its name in there.
struct CudaKernel {
    const char* source;
    const char* name;
};

// Blocks, at most 2^31 - 1, and threads of each.
struct CudaGrid {
    unsigned blocks;
    unsigned threads;
};

class Launcher {
public:
    virtual ~Launcher() = default;

    // Queues the kernel. Nothing is done where there are no blocks.
    template <typename... A>
    void launch(const CudaKernel& kernel, CudaGrid grid, A... arguments) {
        if (grid.blocks == 0) return;
        void* pointers[] = {&arguments...};
        const size_t sizes[] = {sizeof(A)...};
        launch(kernel, grid, pointers, sizes, sizeof...(A));
    }

    // Queues the filling of device memory with zeros.
    virtual void clear(void* memory, size_t bytes) = 0;

protected:
    virtual void launch(const CudaKernel& kernel, CudaGrid grid, void** arguments, const size_t* sizes, size_t count) = 0;
};

}  // namespace icconv

#endif  // ICCONV_CUDA_LAUNCHER_H_
