#include "common/sizes.h"

#include <cstdint>

#include "common/test.h"

using namespace icconv;

TEST(sizes_multiply_in_64_bits_and_refuse_what_is_too_large) {
    EXPECT(element_count({}) == 1);
    EXPECT(element_count({2, 3, 4}) == 24);
    EXPECT(element_count({kMostElements}) == kMostElements);
    EXPECT(element_count({kMostElements, 1, 1}) == kMostElements);
    EXPECT(element_count({kMostElements + 1}) == -1);
    EXPECT(element_count({1 << 16, 1 << 15}) == -1);
    EXPECT(element_count({46340, 46340}) == 46340L * 46340);
    // Products of which the low 32 or 64 bits look harmless.
    EXPECT(element_count({int64_t{1} << 32, 1}) == -1);
    EXPECT(element_count({1 << 16, 1 << 16}) == -1);
    EXPECT(element_count({int64_t{1} << 32, int64_t{1} << 32}) == -1);
    EXPECT(element_count({INT64_MAX, INT64_MAX, INT64_MAX}) == -1);
    EXPECT(element_count({INT32_MAX, INT32_MAX, INT32_MAX, 3}) == -1);
    // None, however large the others are; and never negative lengths.
    EXPECT(element_count({INT64_MAX, 0, INT64_MAX}) == 0);
    EXPECT(element_count({0, -1}) == -1);
    EXPECT(element_count({-2, -3}) == -1);
    EXPECT(element_count({INT64_MIN, -1}) == -1);
}
