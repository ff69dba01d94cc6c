// Inception convolution and its gradients on CUDA, float32: implicit matrix products, one launch each for all dilations.
//
// Output channels are sorted by dilation on the host (inception_conv2d_cuda.cc), so that a block's channels share their taps' places on the map.
// Sums have a fixed order: the same call gives the same bits.
#include "cuda/reduce.cuh"
#include "ops/inception_conv2d/inception_pixels.cuh"

namespace icconv {

constexpr int kSide = kInceptionTile, kSlab = kInceptionSlab, kThreads = kInceptionThreads, kPer = 4;
// Rows of shared memory, four floats longer than used: threads that write a column meet other banks, and rows stay aligned to 16 bytes.
constexpr int kRow = kSide + 4;
// Loads of a thread for each of the two pieces.
constexpr int kLoads = kSide * kSlab / kThreads;

// The 4 x 4 sums of this thread over one slab: rows 4 * (thread % 16) of a, columns 4 * (thread / 16) of b.
__device__ __forceinline__ void multiply(const float (&a)[kSlab][kRow], const float (&b)[kSlab][kRow], float (&sum)[kPer][kPer]) {
    const int row = threadIdx.x % 16 * kPer, column = threadIdx.x / 16 * kPer;
    ICCONV_UNROLL
    for (int k = 0; k < kSlab; ++k) {
        float left[kPer], right[kPer];
        ICCONV_UNROLL
        for (int i = 0; i < kPer; ++i) {
            left[i] = a[k][row + i];
            right[i] = b[k][column + i];
        }
        ICCONV_UNROLL
        for (int i = 0; i < kPer; ++i) {
            ICCONV_UNROLL
            for (int j = 0; j < kPer; ++j) sum[i][j] += left[i] * right[j];
        }
    }
}

}  // namespace icconv

using namespace icconv;

// y = act(convolution + bias + residual). Blocks: pixels / 64, times tiles; blocks of one piece of the map lie side by side and share it in
// the cache. bias [O] and residual [N, OH, OW, O] may be null.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_inception_conv2d(const float* __restrict__ x, const float* __restrict__ filter, const float* __restrict__ bias,
                            const float* __restrict__ residual, float* __restrict__ y, const int32_t* __restrict__ order,
                            const InceptionCudaTile* __restrict__ tiles, int32_t tile_count, InceptionCudaShape s, int32_t relu) {
    __shared__ __align__(16) float part_x[kSlab][kRow];
    __shared__ __align__(16) float part_w[kSlab][kRow];
    const InceptionCudaTile tile = tiles[blockIdx.x % tile_count];
    const uint32_t first_pixel = blockIdx.x / tile_count * kSide;
    const uint32_t pixels = static_cast<uint32_t>(s.batch) * s.out_h * s.out_w;
    const int32_t group_c = s.in_c / s.groups;
    const int load_c = threadIdx.x % kSlab, load_row = threadIdx.x / kSlab;
    Pixel mine[kLoads];
    ICCONV_UNROLL
    for (int i = 0; i < kLoads; ++i) mine[i] = pixel_at(first_pixel + load_row + 16 * i, pixels, s.out_h, s.out_w);
    const int filter_k = threadIdx.x % kSide, filter_c = threadIdx.x / kSide;
    const int32_t filter_channel = filter_k < tile.count ? order[tile.first + filter_k] : -1;

    float sum[kPer][kPer] = {};
    for (int32_t tap = 0; tap < s.kernel * s.kernel; ++tap) {
        const float* from[kLoads];
        ICCONV_UNROLL
        for (int i = 0; i < kLoads; ++i) from[i] = input_pixel(x, s, mine[i], tap, tile.dilation_h, tile.dilation_w);
        for (int32_t c0 = 0; c0 < group_c; c0 += kSlab) {
            const int32_t c = c0 + load_c;
            ICCONV_UNROLL
            for (int i = 0; i < kLoads; ++i) {
                const bool inside = from[i] != nullptr && c < group_c;
                part_x[load_c][load_row + 16 * i] = inside ? from[i][static_cast<int64_t>(tile.group) * group_c + c] : 0.0f;
            }
            ICCONV_UNROLL
            for (int i = 0; i < kLoads; ++i) {
                const int32_t row = filter_c + kThreads / kSide * i;
                const bool inside = filter_channel >= 0 && c0 + row < group_c;
                part_w[row][filter_k] = inside ? filter[(static_cast<int64_t>(tap) * group_c + c0 + row) * s.out_c + filter_channel] : 0.0f;
            }
            __syncthreads();
            multiply(part_x, part_w, sum);
            __syncthreads();
        }
    }
    const int row = threadIdx.x % 16 * kPer, column = threadIdx.x / 16 * kPer;
    ICCONV_UNROLL
    for (int j = 0; j < kPer; ++j) {
        if (column + j >= tile.count) continue;
        const int32_t channel = order[tile.first + column + j];
        const float add = bias != nullptr ? bias[channel] : 0.0f;
        ICCONV_UNROLL
        for (int i = 0; i < kPer; ++i) {
            if (first_pixel + row + i >= pixels) continue;
            const int64_t at = static_cast<int64_t>(first_pixel + row + i) * s.out_c + channel;
            float value = sum[i][j] + add;
            if (residual != nullptr) value += residual[at];
            // A NaN stays one.
            y[at] = relu && value < 0 ? 0.0f : value;
        }
    }
}

// dx [N, H, W, C] from dy. Blocks: input pixels / 64, times groups, times a group's input channels / 64. The tiles of group g are
// [group_tiles[g], group_tiles[g + 1]).
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_inception_conv2d_grad_input(const float* __restrict__ dy, const float* __restrict__ filter, float* __restrict__ dx,
                                       const int32_t* __restrict__ order, const InceptionCudaTile* __restrict__ tiles,
                                       const int32_t* __restrict__ group_tiles, InceptionCudaShape s) {
    __shared__ __align__(16) float part_dy[kSlab][kRow];
    __shared__ __align__(16) float part_w[kSlab][kRow];
    const int32_t group_c = s.in_c / s.groups;
    const int32_t parts = (group_c + kSide - 1) / kSide;
    const int32_t first_c = static_cast<int32_t>(blockIdx.x % parts) * kSide;
    const int32_t group = static_cast<int32_t>(blockIdx.x / parts % s.groups);
    const uint32_t first_pixel = blockIdx.x / parts / s.groups * kSide;
    const uint32_t pixels = static_cast<uint32_t>(s.batch) * s.in_h * s.in_w;
    const int load_k = threadIdx.x % kSlab, load_row = threadIdx.x / kSlab;
    Pixel mine[kLoads];
    ICCONV_UNROLL
    for (int i = 0; i < kLoads; ++i) mine[i] = pixel_at(first_pixel + load_row + 16 * i, pixels, s.in_h, s.in_w);

    float sum[kPer][kPer] = {};
    for (int32_t t = group_tiles[group]; t < group_tiles[group + 1]; ++t) {
        const InceptionCudaTile tile = tiles[t];
        for (int32_t tap = 0; tap < s.kernel * s.kernel; ++tap) {
            const float* from[kLoads];
            ICCONV_UNROLL
            for (int i = 0; i < kLoads; ++i) from[i] = output_pixel(dy, s, mine[i], tap, tile.dilation_h, tile.dilation_w);
            for (int32_t k0 = 0; k0 < tile.count; k0 += kSlab) {
                const int32_t channel = k0 + load_k < tile.count ? order[tile.first + k0 + load_k] : -1;
                ICCONV_UNROLL
                for (int i = 0; i < kLoads; ++i) {
                    part_dy[load_k][load_row + 16 * i] = from[i] != nullptr && channel >= 0 ? from[i][channel] : 0.0f;
                    const int32_t c = first_c + load_row + 16 * i;
                    const bool inside = channel >= 0 && c < group_c;
                    part_w[load_k][load_row + 16 * i] = inside ? filter[(static_cast<int64_t>(tap) * group_c + c) * s.out_c + channel] : 0.0f;
                }
                __syncthreads();
                multiply(part_dy, part_w, sum);
                __syncthreads();
            }
        }
    }
    const int row = threadIdx.x % 16 * kPer, column = threadIdx.x / 16 * kPer;
    ICCONV_UNROLL
    for (int i = 0; i < kPer; ++i) {
        ICCONV_UNROLL
        for (int j = 0; j < kPer; ++j) {
            if (first_pixel + row + i >= pixels || first_c + column + j >= group_c) continue;
            dx[static_cast<int64_t>(first_pixel + row + i) * s.in_c + static_cast<int64_t>(group) * group_c + first_c + column + j] = sum[i][j];
        }
    }
}

// dfilter [K, K, C/G, O] from x and dy. Blocks: splits, times tiles, times a group's input channels / 64, times taps. Pixels are cut into
// `splits` pieces; the last block of a piece of the filter to end adds the pieces' sums, which lie in `partial` [splits, K, K, C/G, O], in their
// order. `ended`, one number for each piece of the filter, is zero before. Both are unused with one split.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_inception_conv2d_grad_filter(const float* __restrict__ x, const float* __restrict__ dy, float* __restrict__ dfilter, float* partial,
                                        uint32_t* ended, const int32_t* __restrict__ order, const InceptionCudaTile* __restrict__ tiles,
                                        int32_t tile_count, int32_t splits, InceptionCudaShape s) {
    __shared__ __align__(16) float part_x[kSlab][kRow];
    __shared__ __align__(16) float part_dy[kSlab][kRow];
    __shared__ uint32_t before;
    const int32_t group_c = s.in_c / s.groups;
    const FilterPiece piece = filter_piece(s, tiles, tile_count, splits);
    const InceptionCudaTile& tile = piece.tile;
    const int32_t first_c = piece.first_c, tap = piece.tap;
    const uint32_t begin = piece.begin, end = piece.end;
    const int load_column = threadIdx.x % kSide, load_row = threadIdx.x / kSide;
    const int32_t c = first_c + load_column;
    const int32_t channel = load_column < tile.count ? order[tile.first + load_column] : -1;

    float sum[kPer][kPer] = {};
    for (uint32_t p0 = begin; p0 < end; p0 += kSlab) {
        ICCONV_UNROLL
        for (int i = 0; i < kLoads; ++i) {
            const int row = load_row + kThreads / kSide * i;
            const uint32_t p = p0 + row;
            const float* const from = input_pixel(x, s, pixel_at(p, end, s.out_h, s.out_w), tap, tile.dilation_h, tile.dilation_w);
            part_x[row][load_column] = from != nullptr && c < group_c ? from[static_cast<int64_t>(tile.group) * group_c + c] : 0.0f;
            part_dy[row][load_column] = p < end && channel >= 0 ? dy[static_cast<int64_t>(p) * s.out_c + channel] : 0.0f;
        }
        __syncthreads();
        multiply(part_x, part_dy, sum);
        __syncthreads();
    }
    const int row = threadIdx.x % 16 * kPer, column = threadIdx.x / 16 * kPer;
    const int64_t filter_size = static_cast<int64_t>(s.kernel) * s.kernel * group_c * s.out_c;
    float* const to = splits == 1 ? dfilter : partial + piece.split * filter_size;
    ICCONV_UNROLL
    for (int j = 0; j < kPer; ++j) {
        if (column + j >= tile.count) continue;
        const int32_t out = order[tile.first + column + j];
        ICCONV_UNROLL
        for (int i = 0; i < kPer; ++i) {
            if (first_c + row + i < group_c) to[(static_cast<int64_t>(tap) * group_c + first_c + row + i) * s.out_c + out] = sum[i][j];
        }
    }
    if (splits == 1 || !is_last_block(&ended[piece.number], static_cast<uint32_t>(splits), &before)) return;
    for (int j = 0; j < kPer; ++j) {
        if (column + j >= tile.count) continue;
        const int32_t out = order[tile.first + column + j];
        for (int i = 0; i < kPer; ++i) {
            if (first_c + row + i >= group_c) continue;
            const int64_t at = (static_cast<int64_t>(tap) * group_c + first_c + row + i) * s.out_c + out;
            float total = 0;
            for (int32_t part = 0; part < splits; ++part) total += __ldcg(partial + part * filter_size + at);
            dfilter[at] = total;
        }
    }
}
