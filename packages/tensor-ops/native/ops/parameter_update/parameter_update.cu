// Optimizer steps on CUDA, float32: one launch for the whole list, each number read and written once. Rates and all that changes from step to step
// are read where they are, on the device.
#include "cuda/reduce.cuh"
#include "ops/parameter_update/parameter_update.cuh"

namespace icconv {

constexpr int kThreads = kParameterThreads;

// A block's part of the list: floats [begin, end) of slot `index`.
struct Piece {
    int32_t index;
    int64_t begin, end;
};

__device__ __forceinline__ Piece piece_of(const ParameterCudaSlot* slots, int32_t count) {
    // The last slot that begins at this block or before; those without numbers begin where the next does.
    int32_t low = 0, high = count;
    while (high - low > 1) {
        const int32_t middle = (low + high) / 2;
        if (slots[middle].first_block <= static_cast<int64_t>(blockIdx.x)) low = middle;
        else high = middle;
    }
    const int64_t begin = (static_cast<int64_t>(blockIdx.x) - slots[low].first_block) * kParameterPiece;
    return {low, begin, min(begin + kParameterPiece, slots[low].count)};
}

}  // namespace icconv

using namespace icconv;

// rates [N, 2] and step [4]: IcconvSgdUpdate's.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_sgd_update(const ParameterCudaSlot* __restrict__ slots, int32_t count, const float* __restrict__ rates, const float* __restrict__ step) {
    const Piece piece = piece_of(slots, count);
    const ParameterCudaSlot slot = slots[piece.index];
    const float rate = rates[2 * piece.index], decay = rates[2 * piece.index + 1];
    const float keep = step[0], add = 1.0f - step[1], scale = step[3];
    const bool nesterov = step[2] != 0;
    for (int64_t i = piece.begin + threadIdx.x; i < piece.end; i += kThreads) {
        const float p = slot.parameter[i], g = slot.gradient[i] * scale + decay * p;
        float along = g;
        if (slot.first != nullptr) {
            const float m = keep * slot.first[i] + add * g;
            slot.new_first[i] = m;
            along = nesterov ? g + keep * m : m;
        }
        slot.new_parameter[i] = p - rate * along;
    }
}

// rates [N, 2] and step [7]: IcconvAdamUpdate's.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_adam_update(const ParameterCudaSlot* __restrict__ slots, int32_t count, const float* __restrict__ rates, const float* __restrict__ step) {
    const Piece piece = piece_of(slots, count);
    const ParameterCudaSlot slot = slots[piece.index];
    const float beta1 = step[0], beta2 = step[1], epsilon = step[2], scale = step[6];
    const bool decoupled = step[5] != 0;
    const float decay = rates[2 * piece.index + 1], coupled = decoupled ? 0.0f : decay;
    const float shrink = decoupled ? 1.0f - rates[2 * piece.index] * decay : 1.0f;
    const float rate = rates[2 * piece.index] / step[3], root = sqrtf(step[4]);
    for (int64_t i = piece.begin + threadIdx.x; i < piece.end; i += kThreads) {
        const float p = slot.parameter[i], g = slot.gradient[i] * scale + coupled * p;
        const float m = slot.first[i] + (1.0f - beta1) * (g - slot.first[i]);
        const float v = beta2 * slot.second[i] + (1.0f - beta2) * g * g;
        slot.new_first[i] = m;
        slot.new_second[i] = v;
        slot.new_parameter[i] = p * shrink - rate * (m / (sqrtf(v) / root + epsilon));
    }
}

// new_parameter = factors[0] * parameter + factors[1] * gradient.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_linear_combination(const ParameterCudaSlot* __restrict__ slots, int32_t count, const float* __restrict__ factors) {
    const Piece piece = piece_of(slots, count);
    const ParameterCudaSlot slot = slots[piece.index];
    const float a = factors[0], b = factors[1];
    for (int64_t i = piece.begin + threadIdx.x; i < piece.end; i += kThreads) slot.new_parameter[i] = a * slot.parameter[i] + b * slot.gradient[i];
}

// norm [1]: the square root of the sum of all squares. partial: a number for each block; ended [1] is zero before.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_global_norm(const ParameterCudaSlot* __restrict__ slots, int32_t count, double* partial, uint32_t* ended, float* __restrict__ norm) {
    __shared__ double part[kThreads];
    __shared__ uint32_t flag;
    const Piece piece = piece_of(slots, count);
    const float* const data = slots[piece.index].parameter;
    double sum = 0;
    for (int64_t i = piece.begin + threadIdx.x; i < piece.end; i += kThreads) sum += static_cast<double>(data[i]) * static_cast<double>(data[i]);
    sum = sum_of_lane(part, sum, 1);
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;
    if (!is_last_block(ended, gridDim.x, &flag)) return;
    double total = 0;
    for (uint32_t i = threadIdx.x; i < gridDim.x; i += kThreads) total += __ldcg(partial + i);
    total = sum_of_lane(part, total, 1);
    if (threadIdx.x == 0) *norm = static_cast<float>(sqrt(total));
}
