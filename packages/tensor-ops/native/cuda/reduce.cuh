// Sums over the threads of a block and over blocks, in a fixed order: the same call gives the same bits.
#ifndef ICCONV_CUDA_REDUCE_CUH_
#define ICCONV_CUDA_REDUCE_CUH_

#include "cuda/prelude.cuh"

namespace icconv {

// Threads of one lane, which is a thread's number modulo `lanes`, add up; all threads of a lane get its sum. kThreads and lanes are powers of two.
template <int kThreads, typename T>
__device__ __forceinline__ T sum_of_lane(T (&part)[kThreads], T value, int lanes) {
    const int thread = static_cast<int>(threadIdx.x);
    part[thread] = value;
    __syncthreads();
    for (int half = kThreads / 2; half >= lanes; half /= 2) {
        if (thread < half) part[thread] += part[thread + half];
        __syncthreads();
    }
    const T sum = part[thread & (lanes - 1)];
    __syncthreads();
    return sum;
}

// Whether this block is the last of `blocks` to come here: what the others wrote before is there for it to read, by __ldcg(), past the
// first-level caches, which know nothing of other multiprocessors' writes. `ended` was zero before the first; `flag` is shared.
__device__ __forceinline__ bool is_last_block(uint32_t* ended, uint32_t blocks, uint32_t* flag) {
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) *flag = atomicAdd(ended, 1u);
    __syncthreads();
    __threadfence();
    return *flag + 1 == blocks;
}

}  // namespace icconv

#endif  // ICCONV_CUDA_REDUCE_CUH_
