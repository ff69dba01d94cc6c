// A native test: TEST(name) { EXPECT(...); }. Test files are named *_test.cc and are linked into one program by
// `pnpm --filter @icconv/tensor-ops test:native`, which runs every test at every SIMD level this processor has.
#ifndef ICCONV_COMMON_TEST_H_
#define ICCONV_COMMON_TEST_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <vector>

namespace icconv::test {

struct Case {
    const char* name;
    void (*run)();
};

std::vector<Case>& cases();
void fail(const char* file, int line, const char* what);

struct Register {
    Register(const char* name, void (*run)()) { cases().push_back({name, run}); }
};

// Largest |a - b| / max(1, |b|) over n floats; NaN counts as infinite.
inline double max_error(const float* a, const float* b, long n) {
    double worst = 0;
    for (long i = 0; i < n; ++i) {
        const double e = std::abs(double(a[i]) - b[i]) / std::fmax(1.0, std::abs(double(b[i])));
        if (!(e <= worst)) worst = std::isnan(e) ? INFINITY : e;
    }
    return worst;
}

// A small deterministic generator: the same numbers on every platform.
class Random {
public:
    explicit Random(unsigned long long seed) : state_(seed * 2862933555777941757ULL + 3037000493ULL) {}
    unsigned next() {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<unsigned>(state_ >> 33);
    }
    int below(int n) { return static_cast<int>(next() % static_cast<unsigned>(n)); }
    float uniform(float low, float high) { return low + (high - low) * (static_cast<float>(next()) / 2147483648.0f); }

private:
    unsigned long long state_;
};

// Largest error over the largest magnitude, which is taken as 1 at least; infinite where a number is NaN.
template <class Got, class Expected>
double error_of(const Got& got, const Expected& expected) {
    double worst = 0;
    double scale = 1;
    for (size_t i = 0; i < got.size(); ++i) {
        const double e = std::abs(got[i] - expected[i]);
        if (!(e <= worst)) worst = std::isnan(e) ? INFINITY : e;
        scale = std::max(scale, std::abs(expected[i]));
    }
    return worst / scale;
}

}  // namespace icconv::test

#define TEST(name)                                                        \
    static void test_##name();                                            \
    static ::icconv::test::Register register_##name(#name, &test_##name); \
    static void test_##name()

#define EXPECT(condition)                                                       \
    do {                                                                        \
        if (!(condition)) ::icconv::test::fail(__FILE__, __LINE__, #condition); \
    } while (false)

#endif  // ICCONV_COMMON_TEST_H_
