// Of what numbers products are made on a GPU. Maps, filters and sums are float32 always.
#ifndef ICCONV_CUDA_PRECISION_H_
#define ICCONV_CUDA_PRECISION_H_

namespace icconv {

// All but kFloat32 take tensor cores, of a device of kTensorCoresArch or newer: 80 is sm_80.
enum class Precision { kFloat32, kTf32, kFloat16, kBfloat16 };
constexpr int kTensorCoresArch = 80;

inline const char* precision_name(Precision precision) {
    switch (precision) {
        case Precision::kTf32: return "tf32";
        case Precision::kFloat16: return "float16";
        case Precision::kBfloat16: return "bfloat16";
        default: return "float32";
    }
}

}  // namespace icconv

#endif  // ICCONV_CUDA_PRECISION_H_
