#include "common/simd.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace icconv {
namespace {

bool detect_bfloat16() {
#if defined(__x86_64__)
    // By number: older compilers do not know the name.
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & (1u << 5)) != 0;
#else
    return false;
#endif
}

// The processor has tiles and their products of bfloat16, and Linux (5.16 or newer) lets this process use them. The answer of cpuid holds for
// systems that know the tiles only: Linux refuses where it does not.
bool detect_amx() {
#if defined(__x86_64__) && defined(__linux__)
    constexpr unsigned kBfloat16 = 1u << 22, kTile = 1u << 24;
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & kBfloat16) == 0 || (d & kTile) == 0) return false;
    constexpr long kRequestPermission = 0x1023, kTileData = 18;
    return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
    return false;
#endif
}

SimdLevel detect() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (avx512 && detect_bfloat16() && detect_amx()) return SimdLevel::kAmx;
    if (avx512) return SimdLevel::kAvx512;
    if (avx2) return SimdLevel::kAvx2;
#endif
    return SimdLevel::kScalar;
}

SimdLevel from_environment() {
    const SimdLevel detected = detected_simd_level();
    const char* wanted = std::getenv("ICCONV_SIMD");
    if (wanted == nullptr) return detected;
    for (SimdLevel level : {SimdLevel::kScalar, SimdLevel::kAvx2, SimdLevel::kAvx512, SimdLevel::kAmx}) {
        if (std::strcmp(wanted, simd_level_name(level)) == 0) return std::min(level, detected);
    }
    return detected;
}

std::atomic<int>& current() {
    static std::atomic<int> level{static_cast<int>(from_environment())};
    return level;
}

}  // namespace

SimdLevel detected_simd_level() {
    static const SimdLevel level = detect();
    return level;
}

SimdLevel simd_level() { return static_cast<SimdLevel>(current().load(std::memory_order_relaxed)); }

bool simd_bfloat16() {
    static const bool detected = detect_bfloat16();
    return detected && simd_level() >= SimdLevel::kAvx512;
}

void set_simd_level(SimdLevel level) { current().store(static_cast<int>(std::min(level, detected_simd_level()))); }

const char* simd_level_name(SimdLevel level) {
    switch (level) {
        case SimdLevel::kScalar: return "scalar";
        case SimdLevel::kAvx2: return "avx2";
        case SimdLevel::kAvx512: return "avx512";
        case SimdLevel::kAmx: return "amx";
    }
    return "scalar";
}

}  // namespace icconv
