// Sizes of what an op makes, as products of lengths that may be anything.
#ifndef ICCONV_COMMON_SIZES_H_
#define ICCONV_COMMON_SIZES_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>

namespace icconv {

// Of one tensor or feature map. Kernels count elements in 32 bits here and there, as many of TensorFlow's do; src/ops/check.ts says the
// same in TypeScript.
constexpr int64_t kMostElements = std::numeric_limits<int32_t>::max();

// Rows or columns of a map with its padding: sums of two places on it are int32.
constexpr int kMostSide = (1 << 30) - 1;

// The product of the lengths; -1 where one is negative or the product is more than kMostElements.
inline int64_t element_count(const int64_t* lengths, size_t count) {
    int64_t product = 1;
    bool empty = false;
    for (size_t i = 0; i < count; ++i) {
        if (lengths[i] < 0) return -1;
        empty |= lengths[i] == 0;
    }
    // Whatever the other lengths are.
    if (empty) return 0;
    for (size_t i = 0; i < count; ++i) {
        if (__builtin_mul_overflow(product, lengths[i], &product) || product > kMostElements) return -1;
    }
    return product;
}
inline int64_t element_count(std::initializer_list<int64_t> lengths) { return element_count(lengths.begin(), lengths.size()); }

}  // namespace icconv

#endif  // ICCONV_COMMON_SIZES_H_
