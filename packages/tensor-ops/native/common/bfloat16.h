// bfloat16: a float's first 16 bits, so its range with 8 bits of precision.
#ifndef ICCONV_COMMON_BFLOAT16_H_
#define ICCONV_COMMON_BFLOAT16_H_

#include <cmath>
#include <cstdint>
#include <cstring>

namespace icconv {

// To the nearest, half-way to even, as VCVTNEPS2BF16 does but for numbers below 1e-38, which it takes for zero.
inline uint16_t to_bfloat16(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    if (std::isnan(value)) return static_cast<uint16_t>(bits >> 16 | 0x40);
    return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

inline float from_bfloat16(uint16_t value) {
    const uint32_t bits = static_cast<uint32_t>(value) << 16;
    float result;
    std::memcpy(&result, &bits, sizeof(result));
    return result;
}

}  // namespace icconv

#endif  // ICCONV_COMMON_BFLOAT16_H_
