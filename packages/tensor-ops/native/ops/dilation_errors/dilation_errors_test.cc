// Against the formula in double precision, over random shapes, strides, kernels, dilations and groups.
#include "ops/dilation_errors/dilation_errors.h"

#include <cmath>

#include "common/memory.h"
#include "common/test.h"
#include "common/thread_executor.h"

namespace {

using namespace icconv;

struct Problem {
    DilationErrorsParams params;
    Array<float> x, filter;
};

struct Result {
    Array<float> y, errors, whole;
};

Array<float> random_floats(test::Random& random, size_t n) {
    Array<float> values(n);
    for (float& v : values) v = random.uniform(-1, 1);
    return values;
}

Problem make_problem(test::Random& random, const DilationErrorsParams& p) {
    const size_t map = static_cast<size_t>(p.batch) * p.in_h * p.in_w * p.in_c;
    const size_t taps = static_cast<size_t>(p.side()) * p.side() * (p.in_c / p.groups) * p.out_c;
    return {p, random_floats(random, map), random_floats(random, taps)};
}

bool reads(int offset, int dilation, int radius) {
    const int distance = std::abs(offset);
    return distance % dilation == 0 && distance / dilation <= radius;
}

Result by_definition(const Problem& problem) {
    const DilationErrorsParams& p = problem.params;
    const int group_in = p.in_c / p.groups;
    const int group_out = p.out_c / p.groups;
    const double pixels = double(p.batch) * p.out_h() * p.out_w();
    Array<float> y;
    Array<double> errors(static_cast<size_t>(p.dilations()) * p.out_c), whole(p.out_c);
    for (int n = 0; n < p.batch; ++n) {
        for (int oh = 0; oh < p.out_h(); ++oh) {
            for (int ow = 0; ow < p.out_w(); ++ow) {
                for (int o = 0; o < p.out_c; ++o) {
                    double sum = 0;
                    Array<double> kept(p.dilations());
                    for (int row = -p.reach(); row <= p.reach(); ++row) {
                        for (int column = -p.reach(); column <= p.reach(); ++column) {
                            const int ih = oh * p.stride_h + row;
                            const int iw = ow * p.stride_w + column;
                            if (ih < 0 || ih >= p.in_h || iw < 0 || iw >= p.in_w) continue;
                            const size_t tap = static_cast<size_t>(row + p.reach()) * p.side() + column + p.reach();
                            double product = 0;
                            for (int i = 0; i < group_in; ++i) {
                                const size_t from = ((static_cast<size_t>(n) * p.in_h + ih) * p.in_w + iw) * p.in_c + o / group_out * group_in + i;
                                product += double(problem.x[from]) * problem.filter[(tap * group_in + i) * p.out_c + o];
                            }
                            sum += product;
                            for (int d = 0; d < p.dilations(); ++d) {
                                const int dh = d / p.max_dilation + 1;
                                const int dw = d % p.max_dilation + 1;
                                if (reads(row, dh, p.radius) && reads(column, dw, p.radius)) kept[d] += product;
                            }
                        }
                    }
                    y.push_back(static_cast<float>(sum));
                    whole[o] += std::abs(sum) / pixels;
                    for (int d = 0; d < p.dilations(); ++d) errors[static_cast<size_t>(d) * p.out_c + o] += std::abs(sum - kept[d]) / pixels;
                }
            }
        }
    }
    return {y, {errors.begin(), errors.end()}, {whole.begin(), whole.end()}};
}

Result run(const Problem& problem, Executor& executor) {
    const DilationErrorsParams& p = problem.params;
    // One more float behind each, which must stay.
    Result r;
    r.y.assign(static_cast<size_t>(p.batch) * p.out_h() * p.out_w() * p.out_c + 1, 7.0f);
    r.errors.assign(static_cast<size_t>(p.dilations()) * p.out_c + 1, 7.0f);
    r.whole.assign(static_cast<size_t>(p.out_c) + 1, 7.0f);
    dilation_errors(p, problem.x.data(), problem.filter.data(), {r.y.data(), r.errors.data(), r.whole.data()}, executor);
    for (Array<float>* values : {&r.y, &r.errors, &r.whole}) {
        EXPECT(values->back() == 7.0f);
        values->pop_back();
    }
    return r;
}

// Relative to the largest value: thousands of products cancel out in some outputs.
bool near(const Array<float>& a, const Array<float>& b) {
    if (a.size() != b.size()) return false;
    double largest = 0;
    double worst = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        largest = std::fmax(largest, std::abs(double(b[i])));
        const double error = std::abs(double(a[i]) - b[i]);
        worst = std::isnan(error) ? INFINITY : std::fmax(worst, error);
    }
    return worst <= 3e-6 * largest;
}

void check(const Problem& problem, Executor& executor) {
    const Result actual = run(problem, executor);
    const Result expected = by_definition(problem);
    EXPECT(near(actual.y, expected.y));
    EXPECT(near(actual.errors, expected.errors));
    EXPECT(near(actual.whole, expected.whole));
}

TEST(dilation_errors_follow_their_formula) {
    test::Random random(17);
    ThreadExecutor executor(3);
    for (int i = 0; i < 60; ++i) {
        const int groups = random.below(3) == 0 ? 1 + random.below(5) : 1;
        const DilationErrorsParams params = {1 + random.below(2),           1 + random.below(13),      1 + random.below(13),
                                             groups * (1 + random.below(9)), groups * (1 + random.below(random.below(4) == 0 ? 70 : 9)),
                                             groups,                        1 + random.below(2),       1 + random.below(2),
                                             1 + random.below(4),           1 + random.below(2)};
        check(make_problem(random, params), executor);
    }
}

TEST(dilation_errors_over_many_inputs_and_outputs) {
    test::Random random(18);
    ThreadExecutor executor(2);
    // More than one step of the reduction, more than one piece of channels, panels that are not whole.
    check(make_problem(random, {1, 5, 6, 330, 83, 1, 1, 1, 2, 1}), executor);
    check(make_problem(random, {1, 9, 8, 700, 40, 2, 2, 1, 3, 1}), executor);
    // Tasks of four panels, where few threads share a small map.
    SerialExecutor one;
    check(make_problem(random, {2, 7, 6, 9, 200, 1, 1, 1, 2, 1}), one);
    // So many classes that they outgrow the cache.
    check(make_problem(random, {1, 12, 13, 3, 40, 1, 1, 1, 9, 1}), executor);
    // More pixels than a task takes.
    check(make_problem(random, {2, 21, 19, 6, 130, 1, 1, 1, 2, 1}), executor);
}

TEST(dilation_errors_of_one_dilation_are_zero) {
    test::Random random(19);
    SerialExecutor executor;
    // Exactly: the one dilation of a 3x3 kernel keeps every tap.
    for (const float error : run(make_problem(random, {1, 7, 6, 20, 18, 1, 1, 1, 1, 1}), executor).errors) EXPECT(error == 0.0f);
}

TEST(dilation_errors_do_not_depend_on_threads) {
    test::Random random(20);
    ThreadExecutor several(4);
    SerialExecutor one;
    // Many pieces of pixels; and few, whose channels are dealt out by the number of threads.
    for (const DilationErrorsParams& params : {DilationErrorsParams{2, 17, 19, 9, 70, 1, 1, 1, 3, 1}, {2, 7, 6, 9, 200, 1, 1, 1, 2, 1}}) {
        const Problem problem = make_problem(random, params);
        const Result a = run(problem, several);
        const Result b = run(problem, one);
        EXPECT(a.y == b.y && a.errors == b.errors && a.whole == b.whole);
    }
}

}  // namespace
