// Branches of an inception convolution by the tiles of AMX, which share one copy of the inputs.
#include "ops/inception_conv2d/branch_job.h"
#if defined(__AMX_BF16__) && defined(__AVX512BF16__)
#include "ops/conv2d/lanes_avx512.h"
#include "ops/conv2d/products_bfloat16.h"

#include "ops/conv2d/direct_tiles.h"
#endif

namespace icconv {

#if defined(__AMX_BF16__) && defined(__AVX512BF16__)
namespace {

size_t branches_workspace(const BranchJob& job, const Task& task) { return planes_workspace(job.shape, task); }

void branches(const BranchJob& job, const Task& task, void* workspace) {
    const TileRegisters registers;
    const Shape& shape = job.shape;
    const ptrdiff_t panel_stride = panel_floats(shape);
    float* const scratch = static_cast<float*>(workspace);
    for_planes(shape, task, job.x, scratch, [&](const Planes& planes, long row, const Products::Number* inputs, ptrdiff_t* taps) {
        for (int s = task.panel0 / 2; s < (task.panel1 + 1) / 2; ++s) {
            const BranchStrip& strip = job.strips[s];
            planes.taps(strip.dilation_h, strip.dilation_w, taps);
            const TileResults results(strip.contiguous ? job.y + job.order[strip.first] : job.y, strip.contiguous ? nullptr : job.order + strip.first,
                                      shape.out_c, job.bias + strip.first, strip.count, job.relu);
            planes.products({inputs, planes.stride(), taps, shape.kernel_h * shape.kernel_w, shape.block_in / kTileNumbers,
                             job.packed + strip.weights, panel_stride, nullptr, scratch},
                            row, results);
        }
    });
}

}  // namespace

const BranchLevel* branch_level_amx() {
    static constexpr BranchLevel kLevel = {branches_workspace, branches};
    return &kLevel;
}
#else
const BranchLevel* branch_level_amx() { return nullptr; }
#endif

}  // namespace icconv
