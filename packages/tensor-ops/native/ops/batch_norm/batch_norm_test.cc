#include "ops/batch_norm/batch_norm.h"

#include <cmath>

#include "common/memory.h"
#include "common/test.h"
#include "common/thread_executor.h"

namespace icconv {
namespace {

using test::Random;

Array<float> random_array(Random& random, size_t count, float low, float high) {
    Array<float> values(count);
    for (float& v : values) v = random.uniform(low, high);
    return values;
}

bool near(double a, double b, double scale) { return std::abs(a - b) <= 5e-6 * std::fmax(1.0, scale); }

// Several pieces, odd lengths, one pixel a channel more than one; with and without residual and ReLU.
TEST(batch_norm_matches_its_definition) {
    Random random(5);
    ThreadExecutor executor(3);
    const struct {
        int64_t pixels;
        int channels;
    } shapes[] = {{2, 1}, {7, 5}, {1000, 64}, {20011, 17}, {3, 2048}};
    for (const auto& size : shapes) {
        for (int variant = 0; variant < 4; ++variant) {
            const bool with_residual = variant % 2 == 1;
            const bool relu = variant >= 2;
            const size_t count = static_cast<size_t>(size.pixels) * size.channels;
            // A mean that is large beside the deviation.
            const Array<float> x = random_array(random, count, 4, 6);
            const Array<float> residual = random_array(random, count, -1, 1);
            const Array<float> dy = random_array(random, count, -1, 1);
            const Array<float> weight = random_array(random, size.channels, -2, 2);
            const Array<float> bias = random_array(random, size.channels, -1, 1);
            Array<float> y(count), mean(size.channels), variance(size.channels), dx(count), dw(size.channels), db(size.channels), dr(count);
            const BatchNormShape shape{size.pixels, size.channels};
            const float epsilon = 1e-5f;
            batch_norm(shape, x.data(), weight.data(), bias.data(), with_residual ? residual.data() : nullptr, epsilon, relu, y.data(), mean.data(),
                       variance.data(), executor);
            batch_norm_grad(shape, x.data(), relu ? y.data() : nullptr, dy.data(), weight.data(), mean.data(), variance.data(), epsilon, dx.data(),
                            dw.data(), db.data(), with_residual ? dr.data() : nullptr, executor);
            for (int c = 0; c < size.channels; ++c) {
                double m = 0, v = 0;
                for (int64_t p = 0; p < size.pixels; ++p) m += x[p * size.channels + c];
                m /= static_cast<double>(size.pixels);
                for (int64_t p = 0; p < size.pixels; ++p) v += (x[p * size.channels + c] - m) * (x[p * size.channels + c] - m);
                v /= static_cast<double>(size.pixels);
                EXPECT(near(mean[c], m, m));
                EXPECT(near(variance[c], v, v));
                const double inverse = 1 / std::sqrt(v + epsilon);
                double sum = 0, sum_z = 0;
                for (int64_t p = 0; p < size.pixels; ++p) {
                    const size_t i = p * size.channels + c;
                    const double z = (x[i] - m) * inverse;
                    double expected = z * weight[c] + bias[c] + (with_residual ? residual[i] : 0.0f);
                    if (relu) expected = std::fmax(0.0, expected);
                    // The mean's rounding, 3e-7 here, comes out times the scale.
                    EXPECT(near(y[i], expected, 4 + std::abs(weight[c]) * inverse));
                    const double g = !relu || y[i] > 0 ? dy[i] : 0;
                    if (with_residual) EXPECT(dr[i] == static_cast<float>(g));
                    sum += g;
                    sum_z += g * z;
                }
                EXPECT(near(db[c], sum, std::sqrt(size.pixels)));
                EXPECT(near(dw[c], sum_z, 10 * std::sqrt(size.pixels) + inverse));
                for (int64_t p = 0; p < size.pixels; ++p) {
                    const size_t i = p * size.channels + c;
                    const double z = (x[i] - m) * inverse;
                    const double g = !relu || y[i] > 0 ? dy[i] : 0;
                    const double expected = weight[c] * inverse * (g - sum / static_cast<double>(size.pixels) - z * sum_z / static_cast<double>(size.pixels));
                    EXPECT(near(dx[i], expected, 20 * std::abs(weight[c]) * inverse));
                }
            }
        }
    }
}

}  // namespace
}  // namespace icconv
