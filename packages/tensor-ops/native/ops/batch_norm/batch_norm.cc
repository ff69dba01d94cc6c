#include "ops/batch_norm/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "common/memory.h"

namespace icconv {
namespace {

// Floats of a map that a task works on: they stay in a second-level cache between its passes.
constexpr int64_t kPiece = 64 << 10;

// Pieces of whole pixels.
class Pieces {
public:
    explicit Pieces(const BatchNormShape& shape) : pixels_(shape.pixels) {
        step_ = std::max<int64_t>(1, kPiece / std::max(1, shape.channels));
        count_ = static_cast<int>((pixels_ + step_ - 1) / step_);
    }
    int count() const { return count_; }
    int64_t begin(int piece) const { return piece * step_; }
    int64_t end(int piece) const { return std::min(pixels_, (piece + 1) * step_); }

private:
    int64_t pixels_, step_;
    int count_;
};

// Sums over the pixels of a piece: [C] each.
void sum_piece(const float* __restrict x, int64_t pixels, int channels, float* __restrict sum) {
    std::fill(sum, sum + channels, 0.0f);
    for (int64_t p = 0; p < pixels; ++p, x += channels) {
        for (int c = 0; c < channels; ++c) sum[c] += x[c];
    }
}

void sum_squares_piece(const float* __restrict x, int64_t pixels, int channels, const float* __restrict mean, float* __restrict sum) {
    std::fill(sum, sum + channels, 0.0f);
    for (int64_t p = 0; p < pixels; ++p, x += channels) {
        for (int c = 0; c < channels; ++c) {
            const float d = x[c] - mean[c];
            sum[c] += d * d;
        }
    }
}

template <bool kResidual, bool kRelu>
void apply_piece(const float* __restrict x, const float* __restrict residual, int64_t pixels, int channels, const float* __restrict mean,
                 const float* __restrict factor, const float* __restrict bias, float* __restrict y) {
    for (int64_t p = 0; p < pixels; ++p) {
        for (int c = 0; c < channels; ++c) {
            // The mean comes off first: scaled along, it would take digits with it where it is large beside the deviation.
            float v = (x[c] - mean[c]) * factor[c] + bias[c];
            if (kResidual) v += residual[c];
            // NaN stays NaN.
            if (kRelu) v = v < 0 ? 0.0f : v;
            y[c] = v;
        }
        x += channels;
        y += channels;
        if (kResidual) residual += channels;
    }
}

// Sums of g and g (x - mean), g the gradient behind ReLU, which goes to `g` if that is not null.
template <bool kRelu, bool kStore>
void grad_sums_piece(const float* __restrict x, const float* __restrict y, const float* __restrict dy, int64_t pixels, int channels,
                     const float* __restrict mean, float* __restrict g_out, float* __restrict sum, float* __restrict sum_centred) {
    std::fill(sum, sum + channels, 0.0f);
    std::fill(sum_centred, sum_centred + channels, 0.0f);
    for (int64_t p = 0; p < pixels; ++p) {
        for (int c = 0; c < channels; ++c) {
            // Loaded whatever the sign: a load under a condition is a branch, mispredicted half of the time.
            const float d = dy[c];
            const float g = kRelu ? (y[c] > 0 ? d : 0.0f) : d;
            sum[c] += g;
            sum_centred[c] += g * (x[c] - mean[c]);
            if (kStore) g_out[c] = g;
        }
        x += channels;
        dy += channels;
        if (kRelu) y += channels;
        if (kStore) g_out += channels;
    }
}

// dx = (g - a - (x - mean) b) f
template <bool kRelu>
void grad_apply_piece(const float* __restrict x, const float* __restrict y, const float* __restrict dy, int64_t pixels, int channels,
                      const float* __restrict mean, const float* __restrict a, const float* __restrict b, const float* __restrict f,
                      float* __restrict dx) {
    for (int64_t p = 0; p < pixels; ++p) {
        for (int c = 0; c < channels; ++c) {
            // Loaded whatever the sign: a load under a condition is a branch, mispredicted half of the time.
            const float d = dy[c];
            const float g = kRelu ? (y[c] > 0 ? d : 0.0f) : d;
            dx[c] = (g - a[c] - (x[c] - mean[c]) * b[c]) * f[c];
        }
        x += channels;
        dy += channels;
        dx += channels;
        if (kRelu) y += channels;
    }
}

}  // namespace

void batch_norm(const BatchNormShape& shape, const float* x, const float* weight, const float* bias, const float* residual, float epsilon,
                bool relu, float* y, float* mean, float* variance, Executor& executor) {
    const int channels = shape.channels;
    const Pieces pieces(shape);
    // Mean and squared deviation of each piece, merged as in Chan, Golub and LeVeque, 1983.
    Array<float> means(static_cast<size_t>(pieces.count()) * channels);
    Array<float> squares(means.size());
    executor.run(pieces.count(), [&](int i) {
        const int64_t pixels = pieces.end(i) - pieces.begin(i);
        const float* const from = x + pieces.begin(i) * channels;
        float* const piece_mean = means.data() + static_cast<size_t>(i) * channels;
        sum_piece(from, pixels, channels, piece_mean);
        for (int c = 0; c < channels; ++c) piece_mean[c] /= static_cast<float>(pixels);
        sum_squares_piece(from, pixels, channels, piece_mean, squares.data() + static_cast<size_t>(i) * channels);
    });
    Array<float> factor(channels);
    const double all = static_cast<double>(shape.pixels);
    for (int c = 0; c < channels; ++c) {
        double sum = 0;
        for (int i = 0; i < pieces.count(); ++i) sum += static_cast<double>(means[static_cast<size_t>(i) * channels + c]) * static_cast<double>(pieces.end(i) - pieces.begin(i));
        const double whole = sum / all;
        double deviation = 0;
        for (int i = 0; i < pieces.count(); ++i) {
            const double off = means[static_cast<size_t>(i) * channels + c] - whole;
            deviation += squares[static_cast<size_t>(i) * channels + c] + off * off * static_cast<double>(pieces.end(i) - pieces.begin(i));
        }
        mean[c] = static_cast<float>(whole);
        variance[c] = static_cast<float>(deviation / all);
        factor[c] = static_cast<float>(weight[c] / std::sqrt(deviation / all + epsilon));
    }
    const auto apply = residual != nullptr ? (relu ? apply_piece<true, true> : apply_piece<true, false>)
                                           : (relu ? apply_piece<false, true> : apply_piece<false, false>);
    executor.run(pieces.count(), [&](int i) {
        const int64_t at = pieces.begin(i) * channels;
        apply(x + at, residual == nullptr ? nullptr : residual + at, pieces.end(i) - pieces.begin(i), channels, mean, factor.data(), bias, y + at);
    });
}

void batch_norm_grad(const BatchNormShape& shape, const float* x, const float* y, const float* dy, const float* weight, const float* mean,
                     const float* variance, float epsilon, float* dx, float* dweight, float* dbias, float* dresidual, Executor& executor) {
    const int channels = shape.channels;
    const Pieces pieces(shape);
    Array<float> sums(static_cast<size_t>(pieces.count()) * channels);
    Array<float> centred(sums.size());
    const bool relu = y != nullptr;
    const auto sum = relu ? (dresidual != nullptr ? grad_sums_piece<true, true> : grad_sums_piece<true, false>)
                          : (dresidual != nullptr ? grad_sums_piece<false, true> : grad_sums_piece<false, false>);
    executor.run(pieces.count(), [&](int i) {
        const int64_t at = pieces.begin(i) * channels;
        sum(x + at, relu ? y + at : nullptr, dy + at, pieces.end(i) - pieces.begin(i), channels, mean, dresidual == nullptr ? nullptr : dresidual + at,
            sums.data() + static_cast<size_t>(i) * channels, centred.data() + static_cast<size_t>(i) * channels);
    });
    Array<float> a(channels), b(channels), f(channels);
    const double all = static_cast<double>(shape.pixels);
    for (int c = 0; c < channels; ++c) {
        double total = 0;
        double total_centred = 0;
        for (int i = 0; i < pieces.count(); ++i) {
            total += sums[static_cast<size_t>(i) * channels + c];
            total_centred += centred[static_cast<size_t>(i) * channels + c];
        }
        const double inverse = 1 / std::sqrt(static_cast<double>(variance[c]) + epsilon);
        dbias[c] = static_cast<float>(total);
        dweight[c] = static_cast<float>(total_centred * inverse);
        a[c] = static_cast<float>(total / all);
        b[c] = static_cast<float>(total_centred * inverse * inverse / all);
        f[c] = static_cast<float>(weight[c] * inverse);
    }
    executor.run(pieces.count(), [&](int i) {
        const int64_t at = pieces.begin(i) * channels;
        const int64_t pixels = pieces.end(i) - pieces.begin(i);
        if (dresidual != nullptr) {
            // What is behind ReLU has been written already.
            grad_apply_piece<false>(x + at, nullptr, dresidual + at, pixels, channels, mean, a.data(), b.data(), f.data(), dx + at);
        } else if (relu) {
            grad_apply_piece<true>(x + at, y + at, dy + at, pixels, channels, mean, a.data(), b.data(), f.data(), dx + at);
        } else {
            grad_apply_piece<false>(x + at, nullptr, dy + at, pixels, channels, mean, a.data(), b.data(), f.data(), dx + at);
        }
    });
}

}  // namespace icconv
