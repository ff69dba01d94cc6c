// Convolution for compiled inference: a filter packed once; bias, residual and ReLU in the last store. README.md has the formula.
//
// N images, H x W input map, OH x OW output map, C input and O output channels, G groups, KH x KW kernel. All tensors are dense float32:
// x [N,H,W,C], filter [KH,KW,C/G,O], y and residual [N,OH,OW,O], bias [O]. Arguments are trusted: the callers check them.
#ifndef ICCONV_OPS_CONV2D_H_
#define ICCONV_OPS_CONV2D_H_

#include <cstddef>
#include <cstdint>

#include "common/executor.h"
#include "common/precision.h"
#include "common/sizes.h"

namespace icconv {

// What a packed filter knows of itself.
struct Conv2DFilter {
    int kernel_h;
    int kernel_w;
    int in_c;
    int out_c;
    int groups;
    // kFloat32 or kBfloat16: of the direct form. Winograd's is float32 always, which is faster than a direct one of bfloat16.
    Precision precision = Precision::kFloat32;
};

// Which forms of the filter are packed. kAuto: the direct form, and Winograd's where it can gain; the call then chooses by the map.
enum class Conv2DAlgorithm { kAuto, kDirect, kWinograd };

struct Conv2DSize {
    int batch;
    int in_h;
    int in_w;
    int stride_h = 1;
    int stride_w = 1;
    int pad_h = 0;
    int pad_w = 0;
    int dilation_h = 1;
    int dilation_w = 1;

    // May be less than 1, when the dilated kernel does not fit the padded map, and when that has more than kMostSide rows or columns.
    int out_h(const Conv2DFilter& filter) const { return length(in_h, filter.kernel_h, stride_h, pad_h, dilation_h); }
    int out_w(const Conv2DFilter& filter) const { return length(in_w, filter.kernel_w, stride_w, pad_w, dilation_w); }

private:
    static int length(int in, int kernel, int stride, int pad, int dilation) {
        const int64_t padded = int64_t{in} + 2 * int64_t{pad};
        const int64_t span = padded - int64_t{dilation} * (kernel - 1) - 1;
        return span < 0 || padded > kMostSide ? 0 : static_cast<int>(span / stride) + 1;
    }
};

// Winograd's form exists for 3x3 filters without groups only.
bool conv2d_has_winograd(const Conv2DFilter& filter);

// Whether filters of bfloat16 can be used at the SIMD level in force: AVX512-BF16 is there, and the compiler knew it.
bool conv2d_has_bfloat16();

// Whether these are multiplied by the tiles of AMX.
bool conv2d_has_tiles();

// Floats of a packed filter. The packed form does not depend on the machine, the map or the SIMD level.
size_t conv2d_packed_size(const Conv2DFilter& filter, Conv2DAlgorithm algorithm);

// packed: 64-byte aligned.
void conv2d_pack(const Conv2DFilter& filter, Conv2DAlgorithm algorithm, const float* hwio, float* packed, Executor& executor);

// Reads what conv2d_pack() wrote about the filter; false when these are not `size` floats that it wrote.
bool conv2d_read_packed(const float* packed, size_t size, Conv2DFilter* filter);

struct Conv2DInputs {
    const float* x;
    const float* packed;    // 64-byte aligned.
    const float* bias;      // Or null.
    const float* residual;  // Or null.
};

// A filter of kBfloat16 wants conv2d_has_bfloat16(). Inputs are rounded as they are read; bias, residual and sums stay float32.
void conv2d(const Conv2DSize& size, const Conv2DInputs& inputs, bool relu, float* y, Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_H_
