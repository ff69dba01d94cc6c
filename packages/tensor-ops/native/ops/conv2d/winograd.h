// 3x3 convolution of stride 1 by Winograd's F(4x4, 3x3): 36 products a 4 x 4 tile where the definition takes 144.
//
//     Y = A' [ sum over channels of (G g G') * (B' d B) ] A
//
// with d a 6 x 6 piece of the input and Y the 4 x 4 outputs it gives. Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural
// Networks", 2015, arXiv 1509.09308, section 4.3. Included after a lanes_*.h.
#ifndef ICCONV_OPS_CONV2D_WINOGRAD_H_
#define ICCONV_OPS_CONV2D_WINOGRAD_H_

#include "ops/conv2d/gather.h"
#include "ops/conv2d/register_tile.h"
#include "ops/conv2d/winograd_axes.h"

namespace icconv {
namespace {

using conv2d_internal::Job;
using conv2d_internal::kWinogradIn;
using conv2d_internal::kWinogradOut;
using conv2d_internal::kWinogradPoints;
using conv2d_internal::Shape;
using conv2d_internal::Task;

class Winograd {
public:
    Winograd(const Job& job, const Task& task, void* workspace) : job_(job), shape_(job.shape), task_(task) {
        count_ = static_cast<int>(task.end - task.begin);
        tiles_w_ = (shape_.out_w + kWinogradOut - 1) / kWinogradOut;
        tiles_h_ = (shape_.out_h + kWinogradOut - 1) / kWinogradOut;
        in_stride_ = odd_lines(shape_.in_c);
        out_stride_ = odd_lines((task.panel1 - task.panel0) * kPanel);
        in_plane_ = count_ * in_stride_ + (count_ % 2 == 0 ? 16 : 0);
        out_plane_ = count_ * out_stride_ + (count_ % 2 == 0 ? 16 : 0);
        zeros_ = static_cast<float*>(workspace);
        in_ = zeros_ + in_stride_;
        out_ = in_ + kWinogradPoints * in_plane_;
        bytes_ = static_cast<size_t>(in_stride_ + kWinogradPoints * (in_plane_ + out_plane_)) * sizeof(float);
    }

    size_t bytes() const { return bytes_; }

    void run() const {
        zero_floats(zeros_, shape_.in_c);
        for (int i = 0; i < count_; ++i) transform_input(i);
        for (int point = 0; point < kWinogradPoints; ++point) multiply(point);
        for (int i = 0; i < count_; ++i) transform_output(i);
    }

private:
    // An odd number of cache lines, so that the lines of one column spread over the sets of the level-1 cache.
    static ptrdiff_t odd_lines(int floats) { return ((floats + 15) / 16 | 1) * 16; }

    struct Place {
        long image;
        int row, column;  // Of the tile's first output pixel.
    };
    Place place(int i) const {
        const long tile = task_.begin + i;
        return {tile / tiles_w_ / tiles_h_, static_cast<int>(tile / tiles_w_ % tiles_h_) * kWinogradOut,
                static_cast<int>(tile % tiles_w_) * kWinogradOut};
    }

    void transform_input(int i) const {
        const Place at = place(i);
        const float* from[kWinogradPoints];
        for (int r = 0; r < kWinogradIn; ++r) {
            const int ih = at.row - shape_.pad_h + r;
            const bool row_live = ih >= 0 && ih < shape_.in_h;
            for (int c = 0; c < kWinogradIn; ++c) {
                const int iw = at.column - shape_.pad_w + c;
                const bool live = row_live && iw >= 0 && iw < shape_.in_w;
                from[r * kWinogradIn + c] =
                    live ? job_.x + ((at.image * shape_.in_h + ih) * static_cast<ptrdiff_t>(shape_.in_w) + iw) * shape_.in_c : zeros_;
            }
        }
        float* to = in_ + i * in_stride_;
        for (int c = 0; c < shape_.in_c; c += Lanes::kCount, to += Lanes::kCount) {
            winograd_input_tile(from, c, shape_.in_c - c, to, in_plane_);
        }
    }

    void multiply(int point) const {
        Tile tile;
        tile.input_stride = in_stride_;
        tile.panel_stride = static_cast<ptrdiff_t>(shape_.in_c) * kPanel;
        tile.y = out_ + point * out_plane_;
        tile.y_stride = out_stride_;
        tile.bias = nullptr;
        tile.residual = nullptr;
        tile.relu = false;
        tile.last_channels = kPanel;
        const float* weights = job_.weights + (static_cast<ptrdiff_t>(point) * shape_.panels() + task_.panel0) * tile.panel_stride;
        for (int k = 0; k < shape_.in_c; k += job_.reduction_step) {
            tile.input = in_ + point * in_plane_ + k;
            tile.weights = weights + static_cast<ptrdiff_t>(k) * kPanel;
            tile.reduction = min_of(job_.reduction_step, shape_.in_c - k);
            tile.add = k > 0;
            ComingWeights coming = coming_winograd_weights(job_.weights + task_.panel0 * tile.panel_stride, shape_.panels() * tile.panel_stride,
                                                           task_.panel1 - task_.panel0, shape_.in_c, point, k + job_.reduction_step,
                                                           job_.reduction_step, tiles_of(count_));
            for_tiles(count_, [&](int begin, int count) {
                Tile part = tile;
                part.input += begin * tile.input_stride;
                part.y += begin * tile.y_stride;
                run_panels(part, count, task_.panel1 - task_.panel0, &coming);
            });
        }
    }

    void transform_output(int i) const {
        const Place at = place(i);
        const int rows = min_of(kWinogradOut, shape_.out_h - at.row);
        const int columns = min_of(kWinogradOut, shape_.out_w - at.column);
        const ptrdiff_t first = ((at.image * shape_.out_h + at.row) * static_cast<ptrdiff_t>(shape_.out_w) + at.column) * shape_.out_c;
        const int channel1 = min_of(shape_.out_c, task_.panel1 * kPanel);
        const float* from = out_ + i * out_stride_;
        for (int c = task_.panel0 * kPanel; c < channel1; c += Lanes::kCount, from += Lanes::kCount) {
            const int left = min_of(Lanes::kCount, channel1 - c);
            const Lanes::Vector bias = Lanes::load(job_.bias + c);
            Lanes::Vector half[kWinogradOut * kWinogradIn];
            winograd_output_half(from, out_plane_, half);
            for (int r = 0; r < rows; ++r) {
                Lanes::Vector v[kWinogradOut];
                winograd_output_axis(half + r * kWinogradIn, 1, v, 1);
                ptrdiff_t offset = first + r * static_cast<ptrdiff_t>(shape_.out_w) * shape_.out_c + c;
                for (int column = 0; column < columns; ++column, offset += shape_.out_c) {
                    Lanes::Vector a = Lanes::add(v[column], bias);
                    if (job_.residual != nullptr) {
                        const float* p = job_.residual + offset;
                        a = Lanes::add(a, left == Lanes::kCount ? Lanes::load(p) : Lanes::load_first(p, left));
                    }
                    if (job_.relu) a = Lanes::relu(a);
                    if (left == Lanes::kCount) {
                        Lanes::store(job_.y + offset, a);
                    } else {
                        Lanes::store_first(job_.y + offset, left, a);
                    }
                }
            }
        }
    }

    const Job& job_;
    const Shape& shape_;
    const Task& task_;
    int count_, tiles_h_, tiles_w_;
    ptrdiff_t in_stride_, out_stride_, in_plane_, out_plane_;
    float* zeros_;
    float* in_;
    float* out_;
    size_t bytes_;
};

size_t winograd_workspace(const Job& job, const Task& task) { return Winograd(job, task, nullptr).bytes(); }
void winograd(const Job& job, const Task& task, void* workspace) { Winograd(job, task, workspace).run(); }

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_WINOGRAD_H_
