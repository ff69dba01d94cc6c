// Cuts a call into tasks, gives each its memory, runs them at the SIMD level in force, and adds their sums up.
#include "ops/dilation_errors/dilation_errors.h"

#include <algorithm>
#include <vector>

#include "common/simd.h"
#include "common/workspace.h"
#include "ops/conv2d/packed.h"
#include "ops/dilation_errors/job.h"

namespace icconv {
namespace {

using namespace dilation_errors_internal;

const Level& level() {
#if defined(__x86_64__)
    switch (simd_level()) {
        case SimdLevel::kAvx512:
            return level_avx512();
        case SimdLevel::kAvx2:
            return level_avx2();
        default:
            break;
    }
#endif
    return level_portable();
}

thread_local Workspace workspace;

// A tile of 14 pixels by this many inputs fills two thirds of a level-1 cache of 32 KiB.
constexpr int kReductionStep = 320;
// The classes of a task's pixels, and beside them the weights of a step, share a level-2 cache of 1 MiB.
constexpr long kScratchFloats = 384 * 1024 / 4;
// Panels that share a gathered tile, and pixels that share the packed weights: with fewer, copying shows.
constexpr int kMostPanels = 4;
constexpr long kLeastPixels = 28;
constexpr long kMostPixels = 112;

int ceil_div(long a, long b) { return static_cast<int>((a + b - 1) / b); }

std::vector<TapClass> tap_classes(int reach) {
    std::vector<TapClass> classes;
    for (int a = 0; a <= reach; ++a) {
        for (int b = 0; b <= reach; ++b) {
            TapClass taps{};
            for (int row = -a; row <= a; row += std::max(1, 2 * a)) {
                for (int column = -b; column <= b; column += std::max(1, 2 * b)) taps.taps[taps.count++] = {row, column};
            }
            classes.push_back(taps);
        }
    }
    return classes;
}

// The cut does not depend on the number of threads, and so neither do the results.
std::vector<Task> plan(const Job& job, int tile, int* pieces) {
    const DilationErrorsParams& p = job.params;
    const long pixels = static_cast<long>(p.batch) * p.out_h() * p.out_w();
    // Whole pairs of panels, which the register tile takes at once.
    const int pairs = ceil_div(job.panels(), 2);
    const int panel_pieces = ceil_div(pairs, kMostPanels / 2);
    const long width = static_cast<long>(std::min(job.panels(), kMostPanels)) * kPanel;
    const long fitting = kScratchFloats / (job.class_count() * width);
    const long piece = std::max<long>(tile, std::max(kLeastPixels, std::min(fitting, kMostPixels)) / tile * tile);
    const long tiles = ceil_div(pixels, tile);
    *pieces = ceil_div(pixels, piece);
    std::vector<Task> tasks;
    for (int i = 0; i < *pieces; ++i) {
        const long begin = tiles * i / *pieces * tile;
        const long end = std::min(pixels, tiles * (i + 1) / *pieces * tile);
        for (int block = 0; block < job.blocks; ++block) {
            for (int q = 0; q < panel_pieces; ++q) {
                const int panel0 = pairs * q / panel_pieces * 2;
                tasks.push_back({begin, end, i, block, panel0, std::min(job.panels(), pairs * (q + 1) / panel_pieces * 2)});
            }
        }
    }
    return tasks;
}

}  // namespace

void dilation_errors(const DilationErrorsParams& params, const float* x, const float* filter, const DilationErrorsResult& result,
                     Executor& executor) {
    const conv2d_internal::Blocks blocks({params.side(), params.side(), params.in_c, params.out_c, params.groups});
    const std::vector<TapClass> classes = tap_classes(params.reach());
    Job job = {params, x, filter, result.y, nullptr, blocks.count, blocks.in, blocks.out, classes.data(), 0, 0};
    const int steps = ceil_div(job.block_in, kReductionStep);
    job.channels_at_once = std::min(job.block_in, ceil_div(ceil_div(job.block_in, steps), 4) * 4);
    job.taps_at_once = std::max(1, std::min(4, kReductionStep / job.channels_at_once));
    const Level& simd = level();
    int pieces = 0;
    const std::vector<Task> tasks = plan(job, simd.tile_pixels, &pieces);
    const int rows = params.dilations() + 1;
    std::vector<float> sums(static_cast<size_t>(pieces) * rows * job.channels());
    job.sums = sums.data();
    executor.run(static_cast<int>(tasks.size()), [&](int i) { simd.run(job, tasks[i], workspace.get(simd.workspace(job, tasks[i]))); });

    const double pixels = static_cast<double>(params.batch) * params.out_h() * params.out_w();
    for (int row = 0; row < rows; ++row) {
        float* const to = row == params.dilations() ? result.whole : result.errors + static_cast<ptrdiff_t>(row) * params.out_c;
        for (int o = 0; o < params.out_c; ++o) {
            const int at = o / job.block_out * job.panels() * kPanel + o % job.block_out;
            double sum = 0;
            for (int piece = 0; piece < pieces; ++piece) sum += sums[(static_cast<size_t>(piece) * rows + row) * job.channels() + at];
            to[o] = static_cast<float>(sum / pixels);
        }
    }
}

}  // namespace icconv
