#include "ops/parameter_update/parameter_update.h"

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

bool near(double a, double b) { return std::abs(a - b) <= 2e-6 * std::fmax(1.0, std::abs(b)); }

// Around the length of a piece, so that the ends of pieces are tested.
const size_t kLengths[] = {1, 7, 32767, 32768, 32769, 100003};

TEST(sgd_update_matches_its_definition) {
    Random random(1);
    ThreadExecutor executor(3);
    for (int variant = 0; variant < 3; ++variant) {
        const SgdStep step{0.9f, variant == 1 ? 0.25f : 0.0f, variant == 2, 0.5f};
        for (size_t n : kLengths) {
            const auto p = random_array(random, n, -1, 1);
            const auto g = random_array(random, n, -1, 1);
            const auto m = random_array(random, n, -1, 1);
            Array<float> new_p(n), new_m(n), bare(n);
            const ParameterSlot slots[] = {{static_cast<int64_t>(n), 0.1f, 0.01f, p.data(), g.data(), m.data(), nullptr, new_p.data(), new_m.data(), nullptr},
                                           {static_cast<int64_t>(n), 0.1f, 0.01f, p.data(), g.data(), nullptr, nullptr, bare.data(), nullptr, nullptr}};
            sgd_update(step, slots, 2, executor);
            bool good = true;
            for (size_t i = 0; i < n; ++i) {
                const double gradient = 0.5 * g[i] + 0.01 * p[i];
                const double momentum = 0.9 * m[i] + (1 - double(step.dampening)) * gradient;
                const double direction = step.nesterov ? gradient + 0.9 * momentum : momentum;
                good = good && near(new_m[i], momentum) && near(new_p[i], p[i] - 0.1 * direction) && near(bare[i], p[i] - 0.1 * gradient);
            }
            EXPECT(good);
        }
    }
}

TEST(adam_update_matches_its_definition) {
    Random random(2);
    ThreadExecutor executor(2);
    for (bool decoupled : {false, true}) {
        const AdamStep step{0.9f, 0.99f, 1e-3f, 0.271f, 0.0297f, decoupled, 2};
        for (size_t n : kLengths) {
            const auto p = random_array(random, n, -1, 1);
            const auto g = random_array(random, n, -1, 1);
            const auto m = random_array(random, n, -1, 1);
            const auto v = random_array(random, n, 0, 1);
            Array<float> new_p(n), new_m(n), new_v(n);
            const ParameterSlot slot{static_cast<int64_t>(n), 0.01f, 0.1f, p.data(), g.data(), m.data(), v.data(), new_p.data(), new_m.data(), new_v.data()};
            adam_update(step, &slot, 1, executor);
            bool good = true;
            for (size_t i = 0; i < n; ++i) {
                const double gradient = 2.0 * g[i] + (decoupled ? 0 : 0.1 * p[i]);
                const double mean = 0.9 * m[i] + 0.1 * gradient;
                const double square = 0.99 * v[i] + 0.01 * gradient * gradient;
                const double kept = decoupled ? p[i] * (1 - 0.01 * 0.1) : p[i];
                good = good && near(new_m[i], mean) && near(new_v[i], square) &&
                       std::abs(new_p[i] - (kept - 0.01 * (mean / 0.271) / (std::sqrt(square / 0.0297) + 1e-3))) < 1e-5;
            }
            EXPECT(good);
        }
    }
}

TEST(linear_combination_and_sum_of_squares) {
    Random random(3);
    ThreadExecutor executor(3);
    SerialExecutor serial;
    Array<Array<float>> x, y, out;
    Array<ArrayView> xs, ys;
    Array<float*> outs;
    for (size_t n : kLengths) {
        x.push_back(random_array(random, n, -1, 1));
        y.push_back(random_array(random, n, -1, 1));
        out.emplace_back(n);
    }
    double sum = 0;
    for (size_t i = 0; i < x.size(); ++i) {
        xs.push_back({x[i].data(), static_cast<int64_t>(x[i].size())});
        ys.push_back({y[i].data(), static_cast<int64_t>(y[i].size())});
        outs.push_back(out[i].data());
        for (float v : x[i]) sum += double(v) * v;
    }
    linear_combination(0.75f, xs.data(), -2, ys.data(), outs.data(), static_cast<int64_t>(xs.size()), executor);
    bool good = true;
    for (size_t i = 0; i < x.size(); ++i) {
        for (size_t k = 0; k < x[i].size(); ++k) good = good && near(out[i][k], 0.75 * x[i][k] - 2.0 * y[i][k]);
    }
    EXPECT(good);
    const double threaded = sum_of_squares(xs.data(), static_cast<int64_t>(xs.size()), executor);
    EXPECT(std::abs(threaded - sum) < 1e-9 * sum);
    EXPECT(threaded == sum_of_squares(xs.data(), static_cast<int64_t>(xs.size()), serial));
    EXPECT(sum_of_squares(nullptr, 0, executor) == 0);
}

}  // namespace
}  // namespace icconv
