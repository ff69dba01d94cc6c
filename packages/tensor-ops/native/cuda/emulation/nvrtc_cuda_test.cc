// Every kernel compiles for every architecture that we name, and asks no more of a multiprocessor than it should. test-native.ts brings NVRTC.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "common/test.h"
#include "cuda/cuda_error.h"
#include "cuda/emulation/cubin.h"
#include "cuda/kernel_sources.h"
#include "cuda/nvrtc.h"

namespace {

using namespace icconv;

// 65,536 registers and, on the smallest, 64 KiB of shared memory are there for the blocks of a multiprocessor: so two blocks of 256 threads fit.
constexpr int kMostRegisters = 128;
constexpr int kMostShared = 32 << 10;

constexpr CudaArch kArchs[] = {{7, 0}, {8, 0}, {8, 6}, {8, 9}, {9, 0}, {10, 0}};

struct Compiled {
    const char* source;
    CudaArch arch;
    std::string failure;
    std::map<std::string, KernelUse> kernels;
};

TEST(cuda_kernels_compile) {
    std::vector<Compiled> all;
    for (const SourceText& source : kernel_sources()) {
        for (CudaArch arch : kArchs) {
            if (10 * arch.major + arch.minor >= source.least_arch) all.push_back({source.name, arch, {}, {}});
        }
    }
    nvrtc_version();  // Loads the library before threads ask for it.
    const auto work = [&](size_t first) {
        for (size_t i = first; i < all.size(); i += 2) {
            try {
                all[i].kernels = read_cubin(compile_kernels(all[i].source, all[i].arch));
            } catch (const std::exception& error) {
                all[i].failure = error.what();
            }
        }
    };
    std::thread other(work, 1);
    work(0);
    other.join();
    std::map<std::string, KernelUse> most;
    for (const Compiled& one : all) {
        if (!one.failure.empty()) std::printf("%s for sm_%d%d: %s\n", one.source, one.arch.major, one.arch.minor, one.failure.c_str());
        EXPECT(one.failure.empty() && !one.kernels.empty());
        for (const auto& [name, use] : one.kernels) {
            const bool good = use.registers > 0 && use.registers <= kMostRegisters && use.shared_bytes <= kMostShared && use.stack_bytes == 0;
            if (!good) {
                std::printf("%s for sm_%d%d: %d registers, %d bytes of shared memory, %d of stack\n", name.c_str(), one.arch.major, one.arch.minor,
                            use.registers, use.shared_bytes, use.stack_bytes);
            }
            EXPECT(good);
            most[name].registers = std::max(most[name].registers, use.registers);
            most[name].shared_bytes = std::max(most[name].shared_bytes, use.shared_bytes);
        }
    }
    std::printf("NVRTC %s, sm_70 to sm_100, most registers and bytes of shared memory:\n", nvrtc_version().c_str());
    for (const auto& [name, use] : most) std::printf("    %-48s %3d %6d\n", name.c_str(), use.registers, use.shared_bytes);
}

// Each .cu file is among the embedded ones.
TEST(cuda_kernels_embedded) {
    // Said at run time: an object may have been compiled in another checkout.
    const char* const sources = std::getenv("ICCONV_NATIVE_SOURCES");
    EXPECT(sources != nullptr);
    const std::filesystem::path ops = std::filesystem::path(sources) / "ops";
    size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(ops)) {
        if (entry.path().extension() == ".cu") ++files;
    }
    EXPECT(files == kernel_sources().size());
}

}  // namespace
