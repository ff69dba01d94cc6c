// [FILTER] [--once]: runs every registered test whose name holds the filter once per SIMD level of this processor, or at the highest alone;
// prints `N passed, N failed`. Ends with 3 where no name holds it.
#include <cstring>

#include "common/simd.h"
#include "common/test.h"

namespace icconv::test {

static int failures_in_case = 0;

std::vector<Case>& cases() {
    static std::vector<Case> all;
    return all;
}

void fail(const char* file, int line, const char* what) {
    ++failures_in_case;
    std::printf("    %s:%d: expected %s\n", file, line, what);
}

}  // namespace icconv::test

int main(int argc, char** argv) {
    using namespace icconv;
    const char* filter = argc > 1 ? argv[1] : "";
    int passed = 0;
    int failed = 0;
    const int highest = static_cast<int>(detected_simd_level());
    const bool once = argc > 2 && std::strcmp(argv[2], "--once") == 0;
    for (int level = once ? highest : 0; level <= highest; ++level) {
        set_simd_level(static_cast<SimdLevel>(level));
        for (const test::Case& c : test::cases()) {
            if (std::strstr(c.name, filter) == nullptr) continue;
            test::failures_in_case = 0;
            c.run();
            const bool ok = test::failures_in_case == 0;
            ok ? ++passed : ++failed;
            if (!ok) std::printf("FAIL %s [%s]\n", c.name, simd_level_name(simd_level()));
        }
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    if (passed + failed == 0) return 3;
    return failed == 0 ? 0 : 1;
}
