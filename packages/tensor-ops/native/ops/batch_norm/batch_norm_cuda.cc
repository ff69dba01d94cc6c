#include "ops/batch_norm/batch_norm_cuda.h"

#include "cuda/channels.h"

namespace icconv {
namespace {

constexpr CudaKernel kStatistics{"batch_norm", "icconv_batch_norm_statistics"};
constexpr CudaKernel kApply{"batch_norm", "icconv_batch_norm_apply"};
constexpr CudaKernel kGradSums{"batch_norm", "icconv_batch_norm_grad_sums"};
constexpr CudaKernel kGradApply{"batch_norm", "icconv_batch_norm_grad_apply"};

// The workspace: partial sums, numbers of ended blocks, and three numbers a channel.
struct Workspace {
    Workspace(const ChannelsCudaShape& s, float* memory, Launcher& launcher)
        : partial(memory), ended(reinterpret_cast<uint32_t*>(memory + 2 * static_cast<int64_t>(s.chunks) * s.channels)),
          terms(memory + 2 * static_cast<int64_t>(s.chunks) * s.channels + channel_tiles(s)) {
        launcher.clear(ended, static_cast<size_t>(channel_tiles(s)) * sizeof(uint32_t));
    }
    float* partial;
    uint32_t* ended;
    float* terms;
};

}  // namespace

int64_t batch_norm_cuda_workspace(const BatchNormShape& shape) {
    const ChannelsCudaShape s = channels_shape(shape.pixels, shape.channels);
    return 2 * static_cast<int64_t>(s.chunks) * s.channels + channel_tiles(s) + 3 * static_cast<int64_t>(s.channels);
}

void batch_norm_cuda(const BatchNormShape& shape, const float* x, const float* weight, const float* bias, const float* residual, float epsilon,
                     bool relu, float* y, float* mean, float* variance, float* workspace, Launcher& launcher) {
    const ChannelsCudaShape s = channels_shape(shape.pixels, shape.channels);
    const Workspace work(s, workspace, launcher);
    launcher.launch(kStatistics, channels_grid(s), x, weight, epsilon, work.partial, work.ended, mean, variance, work.terms, s);
    launcher.launch(kApply, channels_grid(s), x, residual, mean, work.terms, bias, y, static_cast<int32_t>(relu), s);
}

void batch_norm_grad_cuda(const BatchNormShape& shape, const float* x, const float* y, const float* dy, const float* weight, const float* mean,
                          const float* variance, float epsilon, float* dx, float* dweight, float* dbias, float* dresidual, float* workspace,
                          Launcher& launcher) {
    const ChannelsCudaShape s = channels_shape(shape.pixels, shape.channels);
    const Workspace work(s, workspace, launcher);
    launcher.launch(kGradSums, channels_grid(s), x, y, dy, weight, mean, variance, epsilon, dresidual, work.partial, work.ended, dweight, dbias, work.terms,
                    s);
    // What is behind ReLU may have been written already.
    const float* const none = nullptr;
    const float* const behind = dresidual;
    launcher.launch(kGradApply, channels_grid(s), x, dresidual == nullptr ? y : none, dresidual == nullptr ? dy : behind, mean, work.terms, dx, s);
}

}  // namespace icconv
