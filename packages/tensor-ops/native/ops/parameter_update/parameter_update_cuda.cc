#include "ops/parameter_update/parameter_update_cuda.h"

#include <algorithm>

namespace icconv {
namespace {

constexpr CudaKernel kSgd{"parameter_update", "icconv_sgd_update"};
constexpr CudaKernel kAdam{"parameter_update", "icconv_adam_update"};
constexpr CudaKernel kLinear{"parameter_update", "icconv_linear_combination"};
constexpr CudaKernel kNorm{"parameter_update", "icconv_global_norm"};

CudaGrid grid_of(const ParameterCudaList& list) { return {static_cast<unsigned>(list.blocks()), kParameterThreads}; }
int32_t count_of(const ParameterCudaList& list) { return static_cast<int32_t>(list.slots().size()); }

}  // namespace

ParameterCudaList::ParameterCudaList(const ParameterSlot* slots, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        const ParameterSlot& s = slots[i];
        slots_.push_back({s.parameter, s.gradient, s.first, s.second, s.new_parameter, s.new_first, s.new_second, s.count, blocks_});
        blocks_ += (s.count + kParameterPiece - 1) / kParameterPiece;
    }
}

void sgd_update_cuda(const ParameterCudaList& list, const ParameterCudaSlot* placed, const float* rates, const float* step, Launcher& launcher) {
    launcher.launch(kSgd, grid_of(list), placed, count_of(list), rates, step);
}

void adam_update_cuda(const ParameterCudaList& list, const ParameterCudaSlot* placed, const float* rates, const float* step, Launcher& launcher) {
    launcher.launch(kAdam, grid_of(list), placed, count_of(list), rates, step);
}

void linear_combination_cuda(const ParameterCudaList& list, const ParameterCudaSlot* placed, const float* factors, Launcher& launcher) {
    launcher.launch(kLinear, grid_of(list), placed, count_of(list), factors);
}

void global_norm_cuda(const ParameterCudaList& list, const ParameterCudaSlot* placed, double* workspace, float* norm, Launcher& launcher) {
    auto* const ended = reinterpret_cast<uint32_t*>(workspace + list.blocks());
    launcher.clear(ended, sizeof(double));
    launcher.clear(norm, sizeof(float));
    launcher.launch(kNorm, grid_of(list), placed, count_of(list), workspace, ended, norm);
}

}  // namespace icconv
