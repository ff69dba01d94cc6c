// What mma.cuh has of the device, on the CPU: include this behind shim.cuh. The layouts are written out as PTX's manual has them, by single
// numbers; products and sums are of float32, where tensor cores cut off bits below those of the largest.
#ifndef ICCONV_CUDA_EMULATION_MMA_SHIM_CUH_
#define ICCONV_CUDA_EMULATION_MMA_SHIM_CUH_

#include "cuda/emulation/shim.cuh"
#include "cuda/mma.cuh"

namespace icconv {
namespace shim {

inline uint32_t bits_of(float value) { return static_cast<uint32_t>(__float_as_int(value)); }
inline float float_of(uint32_t bits) { return __int_as_float(static_cast<int>(bits)); }

// Ties away from zero, as cvt.rna.
inline uint32_t to_tf32(float value) { return std::isnan(value) ? 0x7fffffffu : (bits_of(value) + 0x1000u) & ~0x1fffu; }

// Ties to even.
inline uint32_t to_bfloat16(float value) {
    const uint32_t bits = bits_of(value);
    return std::isnan(value) ? 0x7fffu : (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
}

inline uint32_t to_float16(float value) {
    const uint32_t sign = bits_of(value) >> 16 & 0x8000u;
    const float magnitude = std::fabs(value);
    if (std::isnan(value)) return 0x7fffu;
    if (magnitude >= 65520.0f) return sign | 0x7c00u;
    int exponent = 0;
    std::frexp(magnitude, &exponent);
    exponent = magnitude == 0 ? -14 : std::max(exponent - 1, -14);
    // Of 1024 to 2048 units, or fewer below the smallest normal number; 2048 carry into the exponent.
    const auto units = static_cast<uint32_t>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
    return sign | ((static_cast<uint32_t>(exponent + 14) << 10) + units);
}
inline float of_float16(uint32_t half) {
    const int exponent = static_cast<int>(half >> 10 & 31u);
    const auto mantissa = static_cast<float>(half & 1023u);
    float magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024.0f + mantissa, exponent - 25);
    if (exponent == 31) magnitude = mantissa == 0 ? INFINITY : NAN;
    return (half & 0x8000u) != 0 ? -magnitude : magnitude;
}

inline float number_in(Tf32, uint32_t word, int) { return float_of(word & ~0x1fffu); }
inline float number_in(Float16, uint32_t word, int i) { return of_float16(word >> 16 * i & 0xffffu); }
inline float number_in(Bfloat16, uint32_t word, int i) { return float_of((word >> 16 * i & 0xffffu) << 16); }

// What a lane shows the others, two sets in turn as in Exchange.
struct Fragments {
    uint32_t a[2][4], b[2][2];
    const uint32_t* row[2];
    unsigned count;
};
inline Fragments fragments[1024];

inline unsigned show_fragments() {
    check_mask(0xffffffffu);
    return fragments[thread_index.x].count++ % 2;
}

}  // namespace shim

inline uint32_t word_of(Tf32, const float* numbers) { return shim::to_tf32(numbers[0]); }
inline uint32_t word_of(Float16, const float* numbers) { return shim::to_float16(numbers[0]) | shim::to_float16(numbers[1]) << 16; }
inline uint32_t word_of(Bfloat16, const float* numbers) { return shim::to_bfloat16(numbers[0]) | shim::to_bfloat16(numbers[1]) << 16; }

inline void load_matrices(uint32_t (&words)[4], const uint32_t* row) {
    if (reinterpret_cast<uintptr_t>(row) % 16 != 0) shim::stop("a row of ldmatrix is not aligned to 16 bytes");
    const unsigned turn = shim::show_fragments(), first = shim::warp_first(), lane = threadIdx.x - first;
    shim::fragments[threadIdx.x].row[turn] = row;
    shim::warp_barrier();
    for (unsigned i = 0; i < 4; ++i) words[i] = shim::fragments[first + 8 * i + lane / 4].row[turn][lane % 4];
}

template <typename Kind>
void multiply_add(Kind kind, float (&sum)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    const unsigned turn = shim::show_fragments(), first = shim::warp_first(), lane = threadIdx.x - first;
    shim::Fragments& own = shim::fragments[threadIdx.x];
    std::copy(a, a + 4, own.a[turn]);
    own.b[turn][0] = b0;
    own.b[turn][1] = b1;
    shim::warp_barrier();
    constexpr int kNumbers = Kind::kPerWord;
    // Number k of a row of 8 * kNumbers: in word k / kNumbers, which lane t = word % 4 of the row's group has, in its second pair from word 4 on.
    const auto number_of_a = [&](unsigned r, int k) {
        const int word = k / kNumbers;
        const unsigned holder = first + r % 8 * 4 + static_cast<unsigned>(word % 4);
        return shim::number_in(kind, shim::fragments[holder].a[turn][(r >= 8 ? 1 : 0) + (word >= 4 ? 2 : 0)], k % kNumbers);
    };
    const auto number_of_b = [&](int k, unsigned column) {
        const int word = k / kNumbers;
        const unsigned holder = first + column * 4 + static_cast<unsigned>(word % 4);
        return shim::number_in(kind, shim::fragments[holder].b[turn][word >= 4 ? 1 : 0], k % kNumbers);
    };
    for (unsigned i = 0; i < 4; ++i) {
        const unsigned r = lane / 4 + (i >= 2 ? 8 : 0), column = lane % 4 * 2 + i % 2;
        for (int k = 0; k < 8 * kNumbers; ++k) sum[i] += number_of_a(r, k) * number_of_b(k, column);
    }
}

}  // namespace icconv

#endif  // ICCONV_CUDA_EMULATION_MMA_SHIM_CUH_
