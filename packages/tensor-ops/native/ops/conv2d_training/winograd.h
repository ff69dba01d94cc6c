// The gradient of 3x3 filters of stride 1 by Winograd's F(4x4, 3x3), the forward pass read backwards:
//
//     dG = G' [ sum over tiles of (B' d B) * (A dY A') ] G
//
// with d a 6 x 6 piece of the input and dY the gradient of the 4 x 4 outputs it gives. Included after a lanes_*.h.
#ifndef ICCONV_OPS_CONV2D_TRAINING_WINOGRAD_H_
#define ICCONV_OPS_CONV2D_TRAINING_WINOGRAD_H_

#include "ops/conv2d/gather.h"
#include "ops/conv2d/winograd_axes.h"
#include "ops/conv2d_training/job.h"
#include "ops/conv2d_training/outer_tile.h"

namespace icconv {
namespace {

using conv2d_internal::kWinogradIn;
using conv2d_internal::kWinogradOut;
using conv2d_internal::kWinogradPoints;
using conv2d_training_internal::ProductTask;
using conv2d_training_internal::WinogradFilterJob;

// One axis of A d: 4 in, 6 out.
inline void winograd_gradient_axis(const Lanes::Vector* d, int step, Lanes::Vector* to, int to_step) {
    using V = Lanes::Vector;
    const V d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
    const V four = Lanes::set1(4);
    const V even = Lanes::add(d0, d2);
    const V odd = Lanes::add(d1, d3);
    to[0] = d0;
    to[to_step] = Lanes::add(even, odd);
    to[2 * to_step] = Lanes::sub(even, odd);
    const V even2 = Lanes::fmadd(four, d2, d0);
    const V half = Lanes::fmadd(four, d3, d1);
    to[3 * to_step] = Lanes::fmadd(Lanes::set1(2), half, even2);
    to[4 * to_step] = Lanes::fmadd(Lanes::set1(-2), half, even2);
    to[5 * to_step] = d3;
}

// One axis of G' m: 6 in, 3 out.
inline void winograd_filter_gradient_axis(const Lanes::Vector* m, int step, Lanes::Vector* to, int to_step) {
    using V = Lanes::Vector;
    const V sixth = Lanes::set1(1.0f / 6);
    const V twelfth = Lanes::set1(1.0f / 12);
    const V a = Lanes::add(m[step], m[2 * step]);
    const V b = Lanes::sub(m[2 * step], m[step]);
    const V c = Lanes::add(m[3 * step], m[4 * step]);
    const V d = Lanes::sub(m[3 * step], m[4 * step]);
    to[0] = Lanes::fmadd(Lanes::set1(0.25f), m[0], Lanes::fmadd(Lanes::set1(1.0f / 24), c, Lanes::mul(Lanes::set1(-1.0f / 6), a)));
    to[to_step] = Lanes::fmadd(sixth, b, Lanes::mul(twelfth, d));
    to[2 * to_step] = Lanes::fmadd(sixth, Lanes::sub(c, a), m[5 * step]);
}

// Where the pixels of a piece of a map lie, row by row; `zeros` for those outside.
template <int kSide>
void piece(const float* map, long image, int height, int width, int channels, int row, int column, const float* zeros, const float** from) {
    for (int r = 0; r < kSide; ++r) {
        const bool row_live = row + r >= 0 && row + r < height;
        for (int c = 0; c < kSide; ++c) {
            const bool live = row_live && column + c >= 0 && column + c < width;
            *from++ = live ? map + ((image * height + row + r) * static_cast<ptrdiff_t>(width) + column + c) * channels : zeros;
        }
    }
}

inline Lanes::Vector load_some(const float* p, int left) { return left >= Lanes::kCount ? Lanes::load(p) : Lanes::load_first(p, left); }

void transform(const WinogradFilterJob& job, int begin, int end) {
    const auto& shape = job.shape;
    const int tiles_w = (shape.out_w + kWinogradOut - 1) / kWinogradOut;
    const int tiles_h = (shape.out_h + kWinogradOut - 1) / kWinogradOut;
    // Of one vector, read at any channel: the pointers are moved back.
    static const float zeros[Lanes::kCount] = {};
    for (int i = begin; i < end; ++i) {
        const long tile = job.first + i;
        const long image = tile / tiles_w / tiles_h;
        const int row = static_cast<int>(tile / tiles_w % tiles_h) * kWinogradOut;
        const int column = static_cast<int>(tile % tiles_w) * kWinogradOut;
        const float* from[kWinogradPoints];
        const float* at[kWinogradPoints];
        piece<kWinogradIn>(job.x, image, shape.in_h, shape.in_w, shape.in_c, row - shape.pad_h, column - shape.pad_w, zeros, from);
        for (int c = 0; c < shape.in_c; c += Lanes::kCount) {
            for (int p = 0; p < kWinogradPoints; ++p) at[p] = from[p] == zeros ? zeros : from[p] + c;
            winograd_input_tile(at, 0, shape.in_c - c, job.in + i * job.in_stride + c, job.in_plane);
        }
        piece<kWinogradOut>(job.dy, image, shape.out_h, shape.out_w, shape.out_c, row, column, zeros, from);
        for (int c = 0; c < shape.out_c; c += Lanes::kCount) {
            Lanes::Vector half[kWinogradIn * kWinogradOut];
            ICCONV_UNROLL
            for (int v = 0; v < kWinogradOut; ++v) {
                Lanes::Vector d[kWinogradOut];
                ICCONV_UNROLL
                for (int r = 0; r < kWinogradOut; ++r) {
                    const float* const p = from[r * kWinogradOut + v];
                    d[r] = p == zeros ? Lanes::zero() : load_some(p + c, shape.out_c - c);
                }
                winograd_gradient_axis(d, 1, half + v, kWinogradOut);
            }
            float* const to = job.out + i * job.out_stride + c;
            ICCONV_UNROLL
            for (int r = 0; r < kWinogradIn; ++r) {
                Lanes::Vector v[kWinogradIn];
                winograd_gradient_axis(half + r * kWinogradOut, 1, v, 1);
                ICCONV_UNROLL
                for (int k = 0; k < kWinogradIn; ++k) Lanes::store(to + (r * kWinogradIn + k) * job.out_plane, v[k]);
            }
        }
    }
}

void multiply(const WinogradFilterJob& job, const ProductTask& task) {
    const auto& shape = job.shape;
    OuterTile tile;
    tile.a_stride = job.in_stride;
    tile.b_stride = job.out_stride;
    tile.c_stride = shape.out_c;
    tile.c = job.products + (static_cast<ptrdiff_t>(task.point) * shape.in_c + task.row0) * shape.out_c + task.channel0;
    const float* const a = job.in + task.point * job.in_plane + task.row0;
    const float* const b = job.out + task.point * job.out_plane + task.channel0;
    for (int k = 0; k < job.tiles; k += conv2d_training_internal::kPixelStep) {
        tile.a = a + k * tile.a_stride;
        tile.b = b + k * tile.b_stride;
        tile.steps = min_of(job.tiles - k, conv2d_training_internal::kPixelStep);
        tile.add = job.add || k > 0;
        outer_product(tile, task.row1 - task.row0, task.channel1 - task.channel0);
    }
}

void finish(const WinogradFilterJob& job, int begin, int end) {
    const int out_c = job.shape.out_c;
    const ptrdiff_t plane = static_cast<ptrdiff_t>(job.shape.in_c) * out_c;
    for (int i = begin; i < end; ++i) {
        for (int o = 0; o < out_c; o += Lanes::kCount) {
            const float* const from = job.products + static_cast<ptrdiff_t>(i) * out_c + o;
            const int left = out_c - o;
            Lanes::Vector half[3 * kWinogradIn];
            ICCONV_UNROLL
            for (int column = 0; column < kWinogradIn; ++column) {
                Lanes::Vector m[kWinogradIn];
                ICCONV_UNROLL
                for (int r = 0; r < kWinogradIn; ++r) m[r] = load_some(from + (r * kWinogradIn + column) * plane, left);
                winograd_filter_gradient_axis(m, 1, half + column, kWinogradIn);
            }
            ICCONV_UNROLL
            for (int u = 0; u < 3; ++u) {
                Lanes::Vector taps[3];
                winograd_filter_gradient_axis(half + u * kWinogradIn, 1, taps, 1);
                ICCONV_UNROLL
                for (int v = 0; v < 3; ++v) {
                    float* const to = job.dfilter + (u * 3 + v) * plane + static_cast<ptrdiff_t>(i) * out_c + o;
                    if (left >= Lanes::kCount) {
                        Lanes::store(to, taps[v]);
                    } else {
                        Lanes::store_first(to, left, taps[v]);
                    }
                }
            }
        }
    }
}

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_TRAINING_WINOGRAD_H_
