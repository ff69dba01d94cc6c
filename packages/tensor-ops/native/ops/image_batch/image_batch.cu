// Images to a batch on CUDA: one thread a pixel of the batch, one launch. Of the placements that cover a pixel only the last is painted.
#include "ops/image_batch/image_batch.cuh"

namespace icconv {

// As resampling.h has them.
constexpr double kSlack = 1e-6;
constexpr int kWarpShift = 5, kWarpSteps = 32;

struct Rgb {
    float c[3];
};

__device__ __forceinline__ Rgb pixel(const ImageCudaPlacement& p, int64_t y, int64_t x) {
    const bool inside = y >= 0 && y < p.height && x >= 0 && x < p.width;
    const unsigned char* const from = inside ? p.source + 3 * (y * p.width + x) : p.border;
    return {{static_cast<float>(from[0]), static_cast<float>(from[1]), static_cast<float>(from[2])}};
}

__device__ __forceinline__ Rgb between(const Rgb& a, const Rgb& b, float weight) {
    Rgb out;
    ICCONV_UNROLL
    for (int c = 0; c < 3; ++c) out.c[c] = __fadd_rn(a.c[c], __fmul_rn(weight, b.c[c] - a.c[c]));
    return out;
}

// Between the four pixels around a position.
__device__ __forceinline__ Rgb bilinear(const ImageCudaPlacement& p, int64_t y0, int64_t y1, float wy, int64_t x0, int64_t x1, float wx) {
    return between(between(pixel(p, y0, x0), pixel(p, y0, x1), wx), between(pixel(p, y1, x0), pixel(p, y1, x1), wx), wy);
}

// The pixels that a position on an axis averages.
struct Taps {
    int32_t first, second, count;
    float weight;
    const float* weights;
};

__device__ __forceinline__ Taps taps_of(const ImageCudaAxis& axis, int32_t position, const int32_t* numbers) {
    const int32_t* const table = numbers + axis.table;
    const int32_t i = position - axis.begin, length = axis.end - axis.begin;
    if (axis.wide == 0) return {table[i], table[length + i], 0, __int_as_float(table[2 * length + i]), nullptr};
    const int32_t* const offset = numbers + axis.offset;
    return {table[i], 0, offset[i + 1] - offset[i], 0, reinterpret_cast<const float*>(numbers + axis.weights) + offset[i]};
}

// Row y of the source at the position of `x`.
__device__ __forceinline__ Rgb row_at(const ImageCudaPlacement& p, int64_t y, const Taps& x) {
    if (x.weights == nullptr) return between(pixel(p, y, x.first), pixel(p, y, x.second), x.weight);
    Rgb sum = {};
    for (int32_t k = 0; k < x.count; ++k) {
        const Rgb value = pixel(p, y, x.first + k);
        for (int c = 0; c < 3; ++c) sum.c[c] += x.weights[k] * value.c[c];
    }
    return sum;
}

// The source's colour for a pixel of the batch; false outside the source.
__device__ __forceinline__ bool sample(const ImageCudaPlacement& p, int32_t y, int32_t x, const int32_t* numbers, const int64_t* longs, Rgb* out) {
    if (p.kind == kImageSeparable) {
        if (y < p.y.begin || y >= p.y.end || x < p.x.begin || x >= p.x.end) return false;
        const Taps of_x = taps_of(p.x, x, numbers), of_y = taps_of(p.y, y, numbers);
        if (of_y.weights == nullptr) {
            *out = between(row_at(p, of_y.first, of_x), row_at(p, of_y.second, of_x), of_y.weight);
            return true;
        }
        *out = {};
        for (int32_t k = 0; k < of_y.count; ++k) {
            const Rgb row = row_at(p, of_y.first + k, of_x);
            for (int c = 0; c < 3; ++c) out->c[c] += of_y.weights[k] * row.c[c];
        }
        return true;
    }
    if (p.kind == kImageWarp) {
        const int64_t columns = p.right - p.left, rows = p.bottom - p.top, i = x - p.left, j = y - p.top;
        const int64_t steps_x = (longs[p.origins + j] + longs[p.steps + i]) >> kWarpShift;
        const int64_t steps_y = (longs[p.origins + rows + j] + longs[p.steps + columns + i]) >> kWarpShift;
        const int64_t x0 = steps_x >> kWarpShift, y0 = steps_y >> kWarpShift;
        if (x0 < -1 || x0 >= p.width || y0 < -1 || y0 >= p.height) return false;
        const float wx = static_cast<float>(static_cast<int32_t>(steps_x & (kWarpSteps - 1))) / kWarpSteps;
        const float wy = static_cast<float>(static_cast<int32_t>(steps_y & (kWarpSteps - 1))) / kWarpSteps;
        *out = bilinear(p, y0, y0 + 1, wy, x0, x0 + 1, wx);
        return true;
    }
    const double centre_x = static_cast<double>(x) + 0.5, centre_y = static_cast<double>(y) + 0.5;
    const double sx = p.map[0] * centre_x + p.map[1] * centre_y + p.map[2], sy = p.map[3] * centre_x + p.map[4] * centre_y + p.map[5];
    if (!(sx >= -kSlack && sx <= p.width + kSlack && sy >= -kSlack && sy <= p.height + kSlack)) return false;
    const double ix = fmin(fmax(sx - 0.5, 0.0), static_cast<double>(p.width - 1)), iy = fmin(fmax(sy - 0.5, 0.0), static_cast<double>(p.height - 1));
    const int32_t x0 = static_cast<int32_t>(ix), y0 = static_cast<int32_t>(iy);
    *out = bilinear(p, y0, min(y0 + 1, p.height - 1), static_cast<float>(iy - y0), x0, min(x0 + 1, p.width - 1), static_cast<float>(ix - x0));
    return true;
}

__device__ __forceinline__ Rgb normalised(const ImageCudaPlacement& p, const ImageCudaParams& params, Rgb v) {
    if (params.round != 0 || params.opencv != 0) {
        // Halves to even; a warp rounds them upwards, and its samples are multiples of 1/1024.
        for (int c = 0; c < 3; ++c) v.c[c] = rintf(__fadd_rn(v.c[c], params.opencv != 0 ? 1.0f / 2048 : 0.0f));
    }
    if (p.has_colour != 0) {
        Rgb changed;
        for (int c = 0; c < 3; ++c) {
            const float* const m = p.colour + 4 * c;
            changed.c[c] = fminf(fmaxf(m[0] * v.c[0] + m[1] * v.c[1] + m[2] * v.c[2] + m[3], 0.0f), 255.0f);
        }
        v = changed;
    }
    Rgb out;
    const bool reversed = params.reversed != 0;
    out.c[0] = (reversed ? v.c[2] : v.c[0]) * params.scale[0] + params.bias[0];
    out.c[1] = v.c[1] * params.scale[1] + params.bias[1];
    out.c[2] = (reversed ? v.c[0] : v.c[2]) * params.scale[2] + params.bias[2];
    return out;
}

}  // namespace icconv

using namespace icconv;

// out [B, H, W, 3].
extern "C" __global__ void __launch_bounds__(kImageThreads)
    icconv_image_batch(const ImageCudaPlacement* __restrict__ placements, const int32_t* __restrict__ numbers, const int64_t* __restrict__ longs,
                       ImageCudaParams params, float* __restrict__ out) {
    const int64_t index = static_cast<int64_t>(blockIdx.x) * kImageThreads + threadIdx.x;
    const int32_t x = static_cast<int32_t>(index % params.width), y = static_cast<int32_t>(index / params.width % params.height);
    const int64_t batch = index / params.width / params.height;
    if (batch >= params.batch) return;
    Rgb colour = {};
    for (int32_t i = params.placements - 1; i >= 0; --i) {
        const ImageCudaPlacement& p = placements[i];
        if (p.batch != batch || y < p.top || y >= p.bottom || x < p.left || x >= p.right) continue;
        Rgb sampled;
        if (sample(p, y, x, numbers, longs, &sampled)) {
            colour = normalised(p, params, sampled);
        } else {
            for (int c = 0; c < 3; ++c) colour.c[c] = p.fill[c];
        }
        break;
    }
    for (int c = 0; c < 3; ++c) out[3 * index + c] = colour.c[c];
}
