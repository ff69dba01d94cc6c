// Forward and the gradient of the input, over the convolution of inference with a filter that is packed in every call.
#include "ops/conv2d_training/conv2d_training.h"

#include <algorithm>

#include "common/memory.h"
#include "ops/conv2d/job.h"

namespace icconv {
namespace {

using conv2d_internal::ceil_div;

// Memory that is written before it is read; an array would be filled with zeros first.
class Floats {
public:
    // As many, of any value.
    float* get(size_t count) {
        if (count > count_) {
            memory_.reset();
            count_ = 0;
            memory_ = allocate(count * sizeof(float));
            count_ = count;
        }
        return static_cast<float*>(memory_.get());
    }

private:
    Memory memory_;
    size_t count_ = 0;
};

// Winograd where it gains although its form of the filter is made for this call alone.
Conv2DAlgorithm algorithm_of(const Conv2DSize& size, const Conv2DFilter& filter) {
    // Of one picture: a batch that several workers share is computed by them as by one.
    const long tiles = static_cast<long>(ceil_div(size.out_h(filter), conv2d_internal::kWinogradOut)) *
                       ceil_div(size.out_w(filter), conv2d_internal::kWinogradOut);
    // Below this many channels its transforms cost more than its products save; below this many tiles the filter's transform does.
    constexpr int kLeastChannels = 16;
    constexpr long kLeastTiles = 36;
    const bool gains = conv2d_has_winograd(filter) && size.stride_h == 1 && size.stride_w == 1 && filter.in_c >= kLeastChannels &&
                       filter.out_c >= kLeastChannels && tiles >= kLeastTiles;
    return gains ? Conv2DAlgorithm::kWinograd : Conv2DAlgorithm::kDirect;
}

// Turns taps [first_h + i step_h, first_w + j step_w] of a filter [KH,KW,C,O] around into a filter [kernel_h,kernel_w,O,C].
struct Turn {
    int first_h, step_h, kernel_h;
    int first_w, step_w, kernel_w;
};
void turn(const Conv2DFilter& filter, const Turn& of, const float* hwio, float* turned, Executor& executor) {
    constexpr int kBlock = 16;
    const int blocks = ceil_div(filter.in_c, kBlock);
    executor.run(of.kernel_h * of.kernel_w * blocks, [&](int i) {
        const int tap = i / blocks;
        const int h = of.first_h + (of.kernel_h - 1 - tap / of.kernel_w) * of.step_h;
        const int w = of.first_w + (of.kernel_w - 1 - tap % of.kernel_w) * of.step_w;
        const size_t plane = static_cast<size_t>(filter.in_c) * filter.out_c;
        const float* const from = hwio + (static_cast<size_t>(h) * filter.kernel_w + w) * plane;
        float* const to = turned + tap * plane;
        const int c0 = i % blocks * kBlock;
        const int c1 = std::min(filter.in_c, c0 + kBlock);
        for (int o0 = 0; o0 < filter.out_c; o0 += kBlock) {
            const int o1 = std::min(filter.out_c, o0 + kBlock);
            for (int o = o0; o < o1; ++o) {
                for (int c = c0; c < c1; ++c) to[static_cast<size_t>(o) * filter.in_c + c] = from[static_cast<size_t>(c) * filter.out_c + o];
            }
        }
    });
}

// Outputs along an axis, with the distance between them in the input and how often the stride goes into that.
int phase_length(int in, int phase, int stride) { return (in - phase + stride - 1) / stride; }

// dx of the pixels [h, w] with h % stride == phase: a convolution of dy with every stride-th tap.
struct Phase {
    int first;   // Tap.
    int kernel;  // Taps.
    int shift;   // dy's pixel under the first of the turned taps, for the first pixel of the phase.
};
Phase phase_of(int phase, int kernel, int stride, int pad) {
    // Pixel h = phase + stride*j sees taps u with (h + pad - u) divisible, at dy's row (h + pad - u) / stride.
    const int first = (phase + pad) % stride;
    const int taps = first < kernel ? (kernel - 1 - first) / stride + 1 : 0;
    return {first, taps, (phase + pad - first) / stride - (taps - 1)};
}

// dy with `before` zero rows and columns before it (or as many cut off) as [N, height, width, O].
void frame(const Conv2DSize& size, int out_h, int out_w, int channels, const float* dy, int before_h, int before_w, int height, int width, float* to,
           Executor& executor) {
    executor.run(size.batch * height, [&](int i) {
        const int image = i / height;
        const int row = i % height - before_h;
        float* const line = to + static_cast<size_t>(i) * width * channels;
        if (row < 0 || row >= out_h) return static_cast<void>(std::fill(line, line + static_cast<size_t>(width) * channels, 0.0f));
        const int begin = std::max(0, before_w);
        const int end = std::max(begin, std::min(width, out_w + before_w));
        const float* const from = dy + ((static_cast<size_t>(image) * out_h + row) * out_w - before_w) * channels;
        std::fill(line, line + static_cast<size_t>(begin) * channels, 0.0f);
        std::copy(from + static_cast<ptrdiff_t>(begin) * channels, from + static_cast<ptrdiff_t>(end) * channels, line + static_cast<ptrdiff_t>(begin) * channels);
        std::fill(line + static_cast<ptrdiff_t>(end) * channels, line + static_cast<ptrdiff_t>(width) * channels, 0.0f);
    });
}

void convolve(const Conv2DSize& size, const Conv2DFilter& filter, const float* x, const float* hwio, const float* bias, bool relu, float* y,
              Executor& executor) {
    const Conv2DAlgorithm algorithm = algorithm_of(size, filter);
    Floats packed;
    float* const weights = packed.get(conv2d_packed_size(filter, algorithm));
    conv2d_pack(filter, algorithm, hwio, weights, executor);
    conv2d(size, {x, weights, bias, nullptr}, relu, y, executor);
}

}  // namespace

void conv2d_forward(const Conv2DSize& size, const Conv2DFilter& shape, const float* x, const float* filter, const float* bias, bool relu, float* y,
                    Executor& executor) {
    convolve(size, shape, x, filter, bias, relu, y, executor);
}

bool conv2d_has_grad_input(const Conv2DSize& size, const Conv2DFilter& shape) {
    return size.dilation_h == 1 && size.dilation_w == 1 && shape.groups == 1 && size.pad_h < shape.kernel_h && size.pad_w < shape.kernel_w;
}

void conv2d_grad_input(const Conv2DSize& size, const Conv2DFilter& shape, const float* dy, const float* filter, float* dx, Executor& executor) {
    const int out_h = size.out_h(shape);
    const int out_w = size.out_w(shape);
    Floats memory;
    float* const turned = memory.get(static_cast<size_t>(shape.kernel_h) * shape.kernel_w * shape.in_c * shape.out_c);
    if (size.stride_h == 1 && size.stride_w == 1) {
        turn(shape, {0, 1, shape.kernel_h, 0, 1, shape.kernel_w}, filter, turned, executor);
        const Conv2DFilter back = {shape.kernel_h, shape.kernel_w, shape.out_c, shape.in_c, 1};
        const Conv2DSize of = {size.batch, out_h, out_w, 1, 1, shape.kernel_h - 1 - size.pad_h, shape.kernel_w - 1 - size.pad_w};
        return convolve(of, back, dy, turned, nullptr, false, dx, executor);
    }
    Floats framed, part;
    for (int h = 0; h < std::min(size.stride_h, size.in_h); ++h) {
        for (int w = 0; w < std::min(size.stride_w, size.in_w); ++w) {
            const Phase rows = phase_of(h, shape.kernel_h, size.stride_h, size.pad_h);
            const Phase columns = phase_of(w, shape.kernel_w, size.stride_w, size.pad_w);
            const int height = phase_length(size.in_h, h, size.stride_h);
            const int width = phase_length(size.in_w, w, size.stride_w);
            const float* of_phase = nullptr;
            if (rows.kernel > 0 && columns.kernel > 0) {
                turn(shape, {rows.first, size.stride_h, rows.kernel, columns.first, size.stride_w, columns.kernel}, filter, turned, executor);
                const Conv2DFilter back = {rows.kernel, columns.kernel, shape.out_c, shape.in_c, 1};
                const Conv2DSize of = {size.batch, height + rows.kernel - 1, width + columns.kernel - 1};
                const float* from = dy;
                if (rows.shift != 0 || columns.shift != 0 || of.in_h != out_h || of.in_w != out_w) {
                    float* const to = framed.get(static_cast<size_t>(of.batch) * of.in_h * of.in_w * shape.out_c);
                    frame(size, out_h, out_w, shape.out_c, dy, -rows.shift, -columns.shift, of.in_h, of.in_w, to, executor);
                    from = to;
                }
                float* const sums = part.get(static_cast<size_t>(size.batch) * height * width * shape.in_c);
                convolve(of, back, from, turned, nullptr, false, sums, executor);
                of_phase = sums;
            }
            executor.run(size.batch * height, [&](int i) {
                const size_t row = static_cast<size_t>(i / height) * size.in_h + h + static_cast<size_t>(i % height) * size.stride_h;
                float* to = dx + (row * size.in_w + w) * shape.in_c;
                const ptrdiff_t step = static_cast<ptrdiff_t>(size.stride_w) * shape.in_c;
                const float* from = of_phase + (of_phase == nullptr ? 0 : static_cast<size_t>(i) * width * shape.in_c);
                for (int column = 0; column < width; ++column, to += step) {
                    if (of_phase == nullptr) {
                        // No output sees these.
                        std::fill(to, to + shape.in_c, 0.0f);
                    } else {
                        std::copy(from, from + shape.in_c, to);
                        from += shape.in_c;
                    }
                }
            });
        }
    }
}

}  // namespace icconv
