// Of what numbers products are made. Maps and sums are float32 always.
#ifndef ICCONV_COMMON_PRECISION_H_
#define ICCONV_COMMON_PRECISION_H_

namespace icconv {

// The CPU has kFloat32 and kBfloat16.
enum class Precision { kFloat32, kTf32, kFloat16, kBfloat16 };

inline const char* precision_name(Precision precision) {
    switch (precision) {
        case Precision::kTf32: return "tf32";
        case Precision::kFloat16: return "float16";
        case Precision::kBfloat16: return "bfloat16";
        default: return "float32";
    }
}

}  // namespace icconv

#endif  // ICCONV_COMMON_PRECISION_H_
