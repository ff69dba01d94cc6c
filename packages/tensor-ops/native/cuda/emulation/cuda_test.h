// What tests of emulated kernels share.
#ifndef ICCONV_CUDA_EMULATION_CUDA_TEST_H_
#define ICCONV_CUDA_EMULATION_CUDA_TEST_H_

#include <cmath>
#include <vector>

#include "common/test.h"
#include "cuda/emulation/shim.cuh"

namespace icconv::test {

// On the heap at its exact size, so that the sanitizer sees the first float beyond.
inline std::vector<float> random_floats(Random& random, size_t n, float low = -1, float high = 1) {
    std::vector<float> values(n);
    for (float& v : values) v = random.uniform(low, high);
    return values;
}
inline std::vector<float> unwritten(size_t n) { return std::vector<float>(n, NAN); }

inline double error_of(const std::vector<float>& got, const std::vector<float>& expected) {
    return got.size() == expected.size() ? max_error(got.data(), expected.data(), static_cast<long>(expected.size())) : INFINITY;
}

// Memory and a launcher as OnGpu (binding/gpu/on_gpu.h) has them.
class ShimDevice {
public:
    template <typename T>
    T* temporary(int64_t count) {
        memories_.emplace_back(static_cast<size_t>(count) * sizeof(T));
        return reinterpret_cast<T*>(memories_.back().data());
    }
    template <typename T>
    const T* place(const T* from, int64_t count) {
        T* const to = temporary<T>(count);
        std::copy(from, from + count, to);
        return to;
    }
    template <typename T>
    void read(T* to, const T* from, int64_t count) {
        std::copy(from, from + count, to);
    }
    Launcher& launcher() { return launcher_; }

private:
    std::vector<std::vector<char>> memories_;
    shim::ShimLauncher launcher_;
};

}  // namespace icconv::test

#endif  // ICCONV_CUDA_EMULATION_CUDA_TEST_H_
