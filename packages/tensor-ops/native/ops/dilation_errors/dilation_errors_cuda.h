// What follows the convolutions of the classes of taps, on CUDA; kernels: dilation_errors.cu.
#ifndef ICCONV_OPS_DILATION_ERRORS_CUDA_H_
#define ICCONV_OPS_DILATION_ERRORS_CUDA_H_

#include <cstdint>

#include "cuda/channels.h"
#include "cuda/launcher.h"
#include "ops/dilation_errors/dilation_errors.h"

namespace icconv {

// Distances of taps from the centre along an axis; classes are so many squared.
inline int64_t dilation_axis(int max_dilation, int radius) { return static_cast<int64_t>(max_dilation) * radius + 1; }

// classes: the device's table of the maps [pixels, channels] there. The result is the device's. Device: as OnGpu (binding/gpu/on_gpu.h).
template <typename Device>
void dilation_errors_cuda(const float* const* classes, int max_dilation, int radius, int64_t pixels, int channels, const DilationErrorsResult& result,
                          Device& device) {
    constexpr CudaKernel kWhole{"dilation_errors", "icconv_dilation_whole"}, kErrors{"dilation_errors", "icconv_dilation_errors"};
    const ChannelsCudaShape shape = channels_shape(pixels, channels);
    const CudaGrid grid = channels_grid(shape);
    const int64_t dilations = static_cast<int64_t>(max_dilation) * max_dilation, axis = dilation_axis(max_dilation, radius);
    const int64_t tiles = channel_tiles(shape), sums = static_cast<int64_t>(shape.chunks) * channels;
    Launcher& launcher = device.launcher();
    auto* const partial = device.template temporary<float>((dilations + 1) * sums);
    auto* const ended = device.template temporary<uint32_t>((dilations + 1) * tiles);
    launcher.clear(ended, static_cast<size_t>((dilations + 1) * tiles) * sizeof(uint32_t));
    launcher.launch(kWhole, grid, classes, static_cast<int32_t>(axis * axis), result.y, partial + dilations * sums, ended + dilations * tiles, result.whole,
                    shape);
    const float* const y = result.y;
    launcher.launch(kErrors, {static_cast<unsigned>(grid.blocks * dilations), grid.threads}, classes, y, static_cast<int32_t>(max_dilation),
                    static_cast<int32_t>(radius), partial, ended, result.errors, shape);
}

}  // namespace icconv

#endif  // ICCONV_OPS_DILATION_ERRORS_CUDA_H_
