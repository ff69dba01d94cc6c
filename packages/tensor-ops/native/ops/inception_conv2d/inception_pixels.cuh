// Where inception convolution's kernels read: pixels of maps, by their number and by a tap of the filter; and which of them a block sums up.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_PIXELS_CUH_
#define ICCONV_OPS_INCEPTION_CONV2D_PIXELS_CUH_

#include "ops/inception_conv2d/inception_conv2d.cuh"

namespace icconv {

// A pixel of a map [batch, h, w] by its number; `image` is -1 beyond the last.
struct Pixel {
    int32_t image, row, column;
};
__device__ __forceinline__ Pixel pixel_at(uint32_t index, uint32_t pixels, int32_t h, int32_t w) {
    if (index >= pixels) return {-1, 0, 0};
    return {static_cast<int32_t>(index / w / h), static_cast<int32_t>(index / w % h), static_cast<int32_t>(index % w)};
}

// First float of the input pixel that `tap` reads for an output pixel, or null outside the map.
__device__ __forceinline__ const float* input_pixel(const float* x, const InceptionCudaShape& s, const Pixel& p, int32_t tap, int32_t dilation_h,
                                                    int32_t dilation_w) {
    const int32_t radius = (s.kernel - 1) / 2;
    const int64_t row = static_cast<int64_t>(p.row) * s.stride_h + static_cast<int64_t>(tap / s.kernel - radius) * dilation_h;
    const int64_t column = static_cast<int64_t>(p.column) * s.stride_w + static_cast<int64_t>(tap % s.kernel - radius) * dilation_w;
    if (p.image < 0 || row < 0 || row >= s.in_h || column < 0 || column >= s.in_w) return nullptr;
    return x + ((p.image * static_cast<int64_t>(s.in_h) + row) * s.in_w + column) * s.in_c;
}

// First float of the gradient pixel that met an input pixel under `tap`, or null where there was none.
__device__ __forceinline__ const float* output_pixel(const float* dy, const InceptionCudaShape& s, const Pixel& p, int32_t tap, int32_t dilation_h,
                                                     int32_t dilation_w) {
    const int32_t radius = (s.kernel - 1) / 2;
    const int64_t row = p.row - static_cast<int64_t>(tap / s.kernel - radius) * dilation_h;
    const int64_t column = p.column - static_cast<int64_t>(tap % s.kernel - radius) * dilation_w;
    if (p.image < 0 || row < 0 || column < 0) return nullptr;
    if (row > static_cast<int64_t>(s.out_h - 1) * s.stride_h || column > static_cast<int64_t>(s.out_w - 1) * s.stride_w) return nullptr;
    // Now both fit 32 bits, whose division is several times cheaper.
    const uint32_t out_row = static_cast<uint32_t>(row) / s.stride_h, out_column = static_cast<uint32_t>(column) / s.stride_w;
    if (out_row * s.stride_h != static_cast<uint32_t>(row) || out_column * s.stride_w != static_cast<uint32_t>(column)) return nullptr;
    return dy + ((p.image * static_cast<int64_t>(s.out_h) + out_row) * s.out_w + out_column) * s.out_c;
}

// What a block of the filter's gradient sums up: input channels from first_c on of one tap, for the channels of one tile, over output pixels
// [begin, end).
struct FilterPiece {
    uint32_t number;  // Of the piece of the filter, which all splits of the pixels share.
    int32_t split, first_c, tap;
    uint32_t begin, end;
    InceptionCudaTile tile;
};
// By the block's number: splits, times tiles, times a group's input channels / 64, times taps.
__device__ __forceinline__ FilterPiece filter_piece(const InceptionCudaShape& s, const InceptionCudaTile* __restrict__ tiles, int32_t tile_count,
                                                    int32_t splits) {
    const int32_t parts = (s.in_c / s.groups + kInceptionTile - 1) / kInceptionTile;
    const uint32_t number = blockIdx.x / splits, split = blockIdx.x % splits;
    const uint32_t pixels = static_cast<uint32_t>(s.batch) * s.out_h * s.out_w;
    const uint32_t slabs = (pixels + kInceptionSlab - 1) / kInceptionSlab, slabs_each = (slabs + splits - 1) / splits;
    return {number,
            static_cast<int32_t>(split),
            static_cast<int32_t>(number / tile_count % parts) * kInceptionTile,
            static_cast<int32_t>(number / tile_count / parts),
            min(split * slabs_each, slabs) * kInceptionSlab,
            min(min((split + 1) * slabs_each, slabs) * kInceptionSlab, pixels),
            tiles[number % tile_count]};
}

}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_PIXELS_CUH_
