// Boxes from deltas on CUDA, float32 in the order of box_candidates.cc and without fused operations.
#include "ops/box_candidates/box_candidates.cuh"

using namespace icconv;

namespace icconv {

// Lower and upper end along one axis.
struct BoxSide {
    float low, high;
};

__device__ __forceinline__ float cut(float at, float most) { return at < 0 ? 0.0f : at > most ? most : at; }

__device__ __forceinline__ BoxSide decode(float shift, float log_scale, float low, float high, float log_scale_limit, float most) {
    const float length = __fsub_rn(high, low);
    const float centre = __fadd_rn(__fmul_rn(shift, length), __fadd_rn(low, __fmul_rn(length, 0.5f)));
    const float half = __fmul_rn(__fmul_rn(expf(log_scale > log_scale_limit ? log_scale_limit : log_scale), length), 0.5f);
    return {cut(__fsub_rn(centre, half), most), cut(__fadd_rn(centre, half), most)};
}

}  // namespace icconv

// One thread a candidate.
extern "C" __global__ void __launch_bounds__(kBoxCandidatesThreads)
    icconv_box_candidates(BoxCandidatesParams p, const float* __restrict__ deltas, const float* __restrict__ references, const float* __restrict__ scores,
                          float* __restrict__ boxes, float* __restrict__ kept_scores) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kBoxCandidatesThreads + threadIdx.x;
    if (i >= p.references * p.candidates) return;
    const int64_t row = i / p.candidates;
    const float* const r = references + row * 4;
    const float* const d = deltas + (p.delta_columns == 1 ? row : i) * 4;
    const BoxSide x = decode(__fdiv_rn(d[0], p.weights[0]), __fdiv_rn(d[2], p.weights[2]), r[0], r[2], p.log_scale_limit, p.image_width);
    const BoxSide y = decode(__fdiv_rn(d[1], p.weights[1]), __fdiv_rn(d[3], p.weights[3]), r[1], r[3], p.log_scale_limit, p.image_height);
    boxes[i * 4] = x.low;
    boxes[i * 4 + 1] = y.low;
    boxes[i * 4 + 2] = x.high;
    boxes[i * 4 + 3] = y.high;
    const bool large = __fsub_rn(x.high, x.low) >= p.min_size && __fsub_rn(y.high, y.low) >= p.min_size;
    kept_scores[i] = large ? scores[i] : kDroppedScore;
}
