// Cuts a call into tasks, gives each its memory, runs them at the SIMD level in force, and adds their sums up.
#include "ops/dilation_errors/dilation_errors.h"

#include <algorithm>

#include "common/simd.h"
#include "common/workspace.h"
#include "ops/conv2d/packed.h"
#include "ops/dilation_errors/job.h"

namespace icconv {
namespace {

using namespace dilation_errors_internal;

const Level& level() { return ICCONV_AT_SIMD_LEVEL(level)(); }

thread_local Workspace workspace;

// The classes of a task's pixels, and beside them the weights of a step, share a level-2 cache of 1 MiB.
constexpr long kScratchFloats = 640 * 1024 / 4;
// With fewer, laying out the weights for them shows more than a scratch that has outgrown the cache (dilations of 6 and more).
constexpr long kLeastPixels = 112;
// Panels are dealt out in pairs, which the register tile of AVX-512 takes at once.
constexpr int kPairPanels = 2;

Array<Step> steps_of(int reach, int channels) {
    // Whole taps while they are short, else equal shares of one.
    const int taps_at_once = std::max(1, std::min(4, kReductionStep / channels));
    const int channels_at_once = std::min(channels, ceil_div(ceil_div(channels, ceil_div(channels, kReductionStep)), 4) * 4);
    Array<Step> steps;
    for (int a = 0; a <= reach; ++a) {
        for (int b = 0; b <= reach; ++b) {
            Array<Tap> taps;
            for (int row = -a; row <= a; row += std::max(1, 2 * a)) {
                for (int column = -b; column <= b; column += std::max(1, 2 * b)) taps.push_back({row, column});
            }
            bool add = false;
            for (size_t t = 0; t < taps.size(); t += taps_at_once) {
                for (int c = 0; c < channels; c += channels_at_once) {
                    Step step{a * (reach + 1) + b, {}, 0, c, std::min(channels, c + channels_at_once), add};
                    for (size_t i = t; i < std::min(taps.size(), t + taps_at_once); ++i) step.taps[step.count++] = taps[i];
                    steps.push_back(step);
                    add = true;
                }
            }
        }
    }
    return steps;
}

// The cut of the pixels does not depend on the number of threads. That of the channels does, but not what is computed for a channel.
Array<Task> plan(const Job& job, int threads, int* pieces) {
    const DilationErrorsParams& p = job.params;
    const long rows = static_cast<long>(p.batch) * p.out_h();
    const long tiles = rows * job.parts;
    const long width = static_cast<long>(std::min(job.panels(), kPairPanels)) * kPanel;
    const long fitting = std::max(kLeastPixels, kScratchFloats / (job.class_count() * width));
    *pieces = ceil_div(tiles, std::max<long>(1, fitting / ceil_div(p.out_w(), job.parts)));
    const auto pixel = [&](long tile) { return tile / job.parts * p.out_w() + tile_begin(job, static_cast<int>(tile % job.parts)); };
    // The wider a task, the longer the rows of weights that it reads.
    const long room = kScratchFloats / (job.class_count() * ceil_div(pixel(tiles), *pieces)) / (kPairPanels * kPanel) > 1 ? 2 : 1;
    const int pairs = ceil_div(job.panels(), kPairPanels);
    const int wanted = ceil_div(threads > 1 ? 2L * threads : 1, static_cast<long>(*pieces) * job.blocks);
    const int widths = std::min(pairs, std::max(wanted, ceil_div(pairs, std::max(1L, room))));
    Array<Task> tasks;
    for (int i = 0; i < *pieces; ++i) {
        const long tile0 = tiles * i / *pieces;
        const long tile1 = tiles * (i + 1) / *pieces;
        for (int block = 0; block < job.blocks; ++block) {
            for (int q = 0; q < widths; ++q) {
                const int panel0 = pairs * q / widths * kPairPanels;
                const int panel1 = std::min(job.panels(), pairs * (q + 1) / widths * kPairPanels);
                tasks.push_back({tile0, tile1, pixel(tile0), pixel(tile1), i, block, panel0, panel1});
            }
        }
    }
    return tasks;
}

Memory pad(Job& job, const float* x, Executor& executor) {
    const DilationErrorsParams& p = job.params;
    const size_t row = static_cast<size_t>(job.padded_w()) * job.pixel_stride;
    const size_t rows = static_cast<size_t>(p.batch) * job.padded_h();
    Memory padded = allocate(row * rows * sizeof(float));
    executor.run(static_cast<int>(rows), [&](int i) {
        float* to = static_cast<float*>(padded.get()) + row * i;
        const int in_row = i % job.padded_h() - p.reach();
        std::fill(to, to + row, 0.0f);
        if (in_row < 0 || in_row >= p.in_h) return;
        const float* from = x + (static_cast<size_t>(i / job.padded_h()) * p.in_h + in_row) * p.in_w * p.in_c;
        to += static_cast<size_t>(p.reach()) * job.pixel_stride;
        for (int column = 0; column < p.in_w; ++column, from += p.in_c, to += job.pixel_stride) std::copy(from, from + p.in_c, to);
    });
    job.x = static_cast<const float*>(padded.get());
    return padded;
}

}  // namespace

void dilation_errors(const DilationErrorsParams& params, const float* x, const float* filter, const DilationErrorsResult& result,
                     Executor& executor) {
    const conv2d_internal::Blocks blocks({params.side(), params.side(), params.in_c, params.out_c, params.groups});
    const Array<Step> steps = steps_of(params.reach(), blocks.in);
    const Level& simd = level();
    Job job{};
    job.params = params;
    job.pixel_stride = ceil_div(params.in_c, 16) / 2 * 2 * 16 + 16;
    job.filter = filter;
    job.y = result.y;
    job.blocks = blocks.count;
    job.block_in = blocks.in;
    job.block_out = blocks.out;
    job.steps = steps.data();
    job.step_count = static_cast<int>(steps.size());
    for (const Step& step : steps) job.most_reduction = std::max(job.most_reduction, step.reduction());
    job.parts = ceil_div(params.out_w(), simd.tile_pixels);
    const Memory padded = pad(job, x, executor);
    int pieces = 0;
    const Array<Task> tasks = plan(job, executor.threads(), &pieces);
    const int rows = params.dilations() + 1;
    Array<float> sums(static_cast<size_t>(pieces) * rows * job.channels());
    job.sums = sums.data();
    executor.run(static_cast<int>(tasks.size()), [&](int i) {
        simd.run(job, tasks[i], workspace.get(simd.workspace(job, tasks[i])));
        workspace.trim();
    });

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
