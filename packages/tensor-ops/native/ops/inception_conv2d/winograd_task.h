// One Winograd task: inputs transformed, 36 matrix products, outputs transformed. Included after a lanes_*.h of ops/conv2d, whose register
// tile does the products. Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, arXiv 1509.09308, section 4.3.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_WINOGRAD_TASK_H_
#define ICCONV_OPS_INCEPTION_CONV2D_WINOGRAD_TASK_H_

#include "ops/conv2d/register_tile.h"
#include "ops/conv2d/winograd_axes.h"
#include "ops/inception_conv2d/winograd_job.h"

namespace icconv {
namespace {

// Input channels whose products are summed at a time, so that two panels of weights stay in the level-1 cache.
constexpr int kReductionStep = 256;

class WinogradWork {
public:
    WinogradWork(const ConvShape& shape, const WinogradGroup& group, long tiles, void* workspace)
        : shape_(shape), group_(group), count_(static_cast<int>(tiles)) {
        in_stride_ = odd_lines(shape.in_c);
        out_stride_ = odd_lines(group.panels() * kPanel);
        in_plane_ = count_ * in_stride_ + (count_ % 2 == 0 ? kPanel : 0);
        out_plane_ = count_ * out_stride_ + (count_ % 2 == 0 ? kPanel : 0);
        zeros_ = static_cast<float*>(workspace);
        bias_ = zeros_ + in_stride_;
        in_ = bias_ + group.panels() * kPanel;
        out_ = in_ + kTilePoints * in_plane_;
    }

    size_t bytes() const {
        const size_t floats = in_stride_ + group_.panels() * kPanel + kTilePoints * (in_plane_ + out_plane_);
        return floats * sizeof(float);
    }

    void run(const WinogradJob& job, const WinogradTask& task) const {
        const WinogradGrid& grid = job.grids[task.group];
        const int* channels = job.order + group_.first;
        for (int c = 0; c < in_stride_; ++c) zeros_[c] = 0;
        for (int n = 0; n < group_.panels() * kPanel; ++n) bias_[n] = n < group_.count ? job.bias[channels[n]] : 0;
        for (int i = 0; i < count_; ++i) transform_input(job, place(grid, task.begin + i), i);
        for (int point = 0; point < kTilePoints; ++point) multiply(job, point);
        for (int i = 0; i < count_; ++i) transform_output(job, place(grid, task.begin + i), channels, i);
    }

private:
    using V = Lanes::Vector;

    // An odd number of cache lines, so that the lines of one column spread over the sets of the level-1 cache.
    static ptrdiff_t odd_lines(int floats) { return ((floats + kPanel - 1) / kPanel | 1) * kPanel; }

    struct Place {
        long image;
        int row, column;  // Of the tile's first output.
    };
    static Place place(const WinogradGrid& grid, long tile) {
        const long line = tile / grid.column_count;
        return {line / grid.row_count, grid.rows[line % grid.row_count], grid.columns[tile % grid.column_count]};
    }

    void transform_input(const WinogradJob& job, const Place& at, int i) const {
        const float* from[kTilePoints];
        for (int r = 0; r < kTileIn; ++r) {
            const long ih = at.row + static_cast<long>(r - 1) * group_.dilation_h;
            const bool row_live = ih >= 0 && ih < shape_.in_h;
            for (int c = 0; c < kTileIn; ++c) {
                const long iw = at.column + static_cast<long>(c - 1) * group_.dilation_w;
                const bool live = row_live && iw >= 0 && iw < shape_.in_w;
                from[r * kTileIn + c] = live ? job.x + ((at.image * shape_.in_h + ih) * shape_.in_w + iw) * shape_.in_c : zeros_;
            }
        }
        float* to = in_ + i * in_stride_;
        for (int c = 0; c < shape_.in_c; c += Lanes::kCount, to += Lanes::kCount) {
            winograd_input_tile(from, c, shape_.in_c - c, to, in_plane_);
        }
    }

    void multiply(const WinogradJob& job, int point) const {
        const int panels = group_.panels();
        Tile tile;
        tile.input_stride = in_stride_;
        tile.panel_stride = static_cast<ptrdiff_t>(shape_.in_c) * kPanel;
        tile.y_stride = out_stride_;
        tile.bias = nullptr;
        tile.residual = nullptr;
        tile.relu = false;
        tile.last_channels = kPanel;
        const float* weights = job.packed + group_.weights + static_cast<ptrdiff_t>(point) * panels * tile.panel_stride;
        for (int k = 0; k < shape_.in_c; k += kReductionStep) {
            tile.weights = weights + static_cast<ptrdiff_t>(k) * kPanel;
            tile.reduction = shape_.in_c - k < kReductionStep ? shape_.in_c - k : kReductionStep;
            tile.add = k > 0;
            ComingWeights coming = coming_winograd_weights(job.packed + group_.weights, panels * tile.panel_stride, panels, shape_.in_c, point,
                                                           k + kReductionStep, kReductionStep, tiles_of(count_));
            for_tiles(count_, [&](int begin, int count) {
                Tile part = tile;
                part.input = in_ + point * in_plane_ + k + begin * in_stride_;
                part.y = out_ + point * out_plane_ + begin * out_stride_;
                run_panels(part, count, panels, &coming);
            });
        }
    }

    // How many of a tile's outputs along an axis lie on the map, of which so many pixels are left.
    static int outputs(int left, int dilation) {
        const int all = (left - 1) / dilation + 1;
        return all < kTileOut ? all : kTileOut;
    }

    void transform_output(const WinogradJob& job, const Place& at, const int* channels, int i) const {
        const int rows = outputs(shape_.out_h - at.row, group_.dilation_h);
        const int columns = outputs(shape_.out_w - at.column, group_.dilation_w);
        const ptrdiff_t out_c = shape_.out_c;
        float* const first = job.y + ((at.image * shape_.out_h + at.row) * shape_.out_w + at.column) * out_c;
        const ptrdiff_t row_step = group_.dilation_h * static_cast<ptrdiff_t>(shape_.out_w) * out_c;
        const ptrdiff_t column_step = group_.dilation_w * out_c;
        const float* from = out_ + i * out_stride_;
        for (int n = 0; n < group_.count; n += Lanes::kCount, from += Lanes::kCount) {
            const int left = group_.count - n < Lanes::kCount ? group_.count - n : Lanes::kCount;
            const V bias = Lanes::load(bias_ + n);
            V half[kTileOut * kTileIn];
            winograd_output_half(from, out_plane_, half);
            for (int r = 0; r < rows; ++r) {
                V v[kTileOut];
                winograd_output_axis(half + r * kTileIn, 1, v, 1);
                for (int column = 0; column < columns; ++column) {
                    V a = Lanes::add(v[column], bias);
                    if (job.relu) a = Lanes::relu(a);
                    store(a, left, first + r * row_step + column * column_step, channels + n);
                }
            }
        }
    }

    void store(V a, int left, float* pixel, const int* channels) const {
        if (group_.contiguous) {
            if (left == Lanes::kCount) {
                Lanes::store(pixel + channels[0], a);
            } else {
                Lanes::store_first(pixel + channels[0], left, a);
            }
            return;
        }
        alignas(64) float values[Lanes::kCount];
        Lanes::store(values, a);
        for (int n = 0; n < left; ++n) pixel[channels[n]] = values[n];
    }

    const ConvShape& shape_;
    const WinogradGroup& group_;
    int count_;
    ptrdiff_t in_stride_, out_stride_, in_plane_, out_plane_;
    float* zeros_;
    float* bias_;
    float* in_;
    float* out_;
};

size_t winograd_workspace(const ConvShape& shape, const WinogradGroup& group, long tiles) {
    return WinogradWork(shape, group, tiles, nullptr).bytes();
}

void winograd_run(const WinogradJob& job, const WinogradTask& task, void* workspace) {
    WinogradWork(job.shape, job.groups[task.group], task.end - task.begin, workspace).run(job, task);
}

constexpr WinogradLevel kWinogradLevel = {winograd_workspace, winograd_run, Lanes::kTilePixels};

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_WINOGRAD_TASK_H_
