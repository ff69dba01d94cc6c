// Tensor cores of sm_80 and newer: a warp multiplies matrices [16, 32 bytes] and [32 bytes, 8] and adds to one of float32.
//
// A row of a multiplicand is words of 32 bits: one number in TF32, or two of 16 bits. In words all three kinds lie alike among the lanes, so that
// kernels count in words. Tests have the same functions on the CPU: emulation/mma_shim.cuh. Layouts: PTX ISA, "Matrix Fragments for
// mma.m16n8k8" (.tf32) and "for mma.m16n8k16 with floating point type".
#ifndef ICCONV_CUDA_MMA_CUH_
#define ICCONV_CUDA_MMA_CUH_

#include "cuda/prelude.cuh"

namespace icconv {

// Multiplicands of 10 bits of mantissa, float32's exponents; kPerWord numbers make a word.
struct Tf32 {
    static constexpr int kPerWord = 1;
};
// 10 bits, and nothing beyond 65504.
struct Float16 {
    static constexpr int kPerWord = 2;
};
// 7 bits, float32's exponents.
struct Bfloat16 {
    static constexpr int kPerWord = 2;
};

constexpr int kWarpLanes = 32;

#ifdef __CUDACC_RTC__

// A word of kPerWord numbers, the first in its lower bits, rounded to nearest.
__device__ __forceinline__ uint32_t word_of(Tf32, const float* numbers) {
    uint32_t word;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(word) : "f"(numbers[0]));
    return word;
}
__device__ __forceinline__ uint32_t word_of(Float16, const float* numbers) {
    uint32_t word;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(numbers[1]), "f"(numbers[0]));
    return word;
}
__device__ __forceinline__ uint32_t word_of(Bfloat16, const float* numbers) {
    uint32_t word;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(numbers[1]), "f"(numbers[0]));
    return word;
}

// Four matrices of 8 rows of 4 words in shared memory: lane 8 * i + r names the row r of matrix i, aligned to 16 bytes; words[i] becomes word
// lane % 4 of row lane / 4 of matrix i.
__device__ __forceinline__ void load_matrices(uint32_t (&words)[4], const uint32_t* row) {
    const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                 : "r"(address)
                 : "memory");
}

// sum += a * b. With g = lane / 4 and t = lane % 4: a[0..3] are words t of rows g and g + 8, then words t + 4 of them; b0 and b1 are words t and
// t + 4 of column g; sum[0..3] are columns 2t and 2t + 1 of row g, then of row g + 8.
#define ICCONV_MMA(kind, shape)                                                                                                          \
    __device__ __forceinline__ void multiply_add(kind, float (&sum)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {                \
        asm volatile("mma.sync.aligned." shape " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                         \
                     : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])                                                             \
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));                                                     \
    }
ICCONV_MMA(Tf32, "m16n8k8.row.col.f32.tf32.tf32.f32")
ICCONV_MMA(Float16, "m16n8k16.row.col.f32.f16.f16.f32")
ICCONV_MMA(Bfloat16, "m16n8k16.row.col.f32.bf16.bf16.f32")
#undef ICCONV_MMA

#endif

}  // namespace icconv

#endif  // ICCONV_CUDA_MMA_CUH_
