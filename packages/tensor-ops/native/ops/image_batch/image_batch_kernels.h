// The two inner loops, at each SIMD level, and the choice between them.
#ifndef ICCONV_OPS_IMAGE_BATCH_KERNELS_H_
#define ICCONV_OPS_IMAGE_BATCH_KERNELS_H_

#include <cstdint>

namespace icconv::image_batch_detail {

// Horizontal taps of one output row: pixel x reads source pixels first[x] and second[x] with the weight of the second.
struct LinearTaps {
    const int32_t* first;
    const int32_t* second;
    const float* weight;
    int64_t count;
};

struct Kernels {
    // row[3 x + c] = lerp(source[3 first + c], source[3 second + c]) * scale[c] + bias[c]. Reads one byte past a pixel, and writes
    // one float past the last pixel.
    void (*horizontal)(const uint8_t* source, const LinearTaps& taps, const float* scale, const float* bias, float* row);
    // out[i] = a[i] + weight * (b[i] - a[i])
    void (*vertical)(const float* a, const float* b, float weight, int64_t count, float* out);
};

Kernels portable_kernels();
#if defined(__x86_64__)
Kernels avx2_kernels();
#endif

}  // namespace icconv::image_batch_detail

#endif  // ICCONV_OPS_IMAGE_BATCH_KERNELS_H_
