// Chooses the algorithm of a call, cuts it into tasks, gives each its memory, and runs them at the SIMD level in force.
#include "ops/conv2d/conv2d.h"

#include <algorithm>

#include "common/simd.h"
#include "common/workspace.h"
#include "ops/conv2d/job.h"
#include "ops/conv2d/packed.h"
#include "ops/conv2d/plan_planes.h"

namespace icconv {
namespace {

using namespace conv2d_internal;

const Level& level(Precision precision) {
#if defined(__x86_64__)
    if (precision == Precision::kBfloat16) return conv2d_has_tiles() ? *level_amx() : *level_avx512bf16();
#endif
    return ICCONV_AT_SIMD_LEVEL(level)();
}

thread_local Workspace workspace;

constexpr long kLeastPixels = 56;
constexpr long kMostPixels = 224;
// Winograd tiles that share one passage of the weights.
constexpr long kWinogradPiece = 56;

// Cuts [0, items) x [0, panels) x blocks. Pieces of items are about `piece` long and multiples of `unit` if that is possible.
Array<Task> cut(long items, long piece, long unit, int blocks, int panels, int panel_piece) {
    Array<Task> tasks;
    const long units = (items + unit - 1) / unit;
    const int pieces = std::max(1, ceil_div(items, piece));
    const int panel_pieces = std::max(1, ceil_div(panels, panel_piece));
    for (int p = 0; p < pieces; ++p) {
        const long begin = units * p / pieces * unit;
        const long end = std::min(items, units * (p + 1) / pieces * unit);
        if (begin >= end) continue;
        for (int block = 0; block < blocks; ++block) {
            for (int q = 0; q < panel_pieces; ++q) {
                // Whole pairs of panels, which the register tile takes at once.
                const int pairs = (panels + 1) / 2;
                const int panel0 = static_cast<int>(static_cast<long>(pairs) * q / panel_pieces) * 2;
                const int panel1 = std::min(panels, static_cast<int>(static_cast<long>(pairs) * (q + 1) / panel_pieces) * 2);
                if (panel0 < panel1) tasks.push_back({begin, end, block, panel0, panel1});
            }
        }
    }
    return tasks;
}

Array<Task> plan_direct(Job& job, int threads, const Level& simd) {
    const Shape& s = job.shape;
    const int tile = simd.tile_pixels;
    const int reduction = s.reduction();
    const int steps = ceil_div(reduction, simd.blocking.reduction_step * simd.per_word);
    job.reduction_step = std::min(reduction, ceil_div(ceil_div(reduction, steps), 4) * 4);
    const int panels = s.panels();
    int panel_piece = std::min(panels, simd.blocking.panels);
    // Weights of a step, and inputs and outputs of the task's pixels, share the level-2 cache.
    const long weights = static_cast<long>(job.reduction_step) / simd.per_word * panel_piece * kPanel;
    long piece = (simd.blocking.cache_floats - weights) / (job.reduction_step + panel_piece * kPanel);
    piece = std::max(kLeastPixels, std::min(piece, kMostPixels)) / tile * tile;
    piece = std::max<long>(piece, tile);
    // Enough tasks that threads finish together: first smaller pieces of the map, then of the channels.
    const long wanted = threads > 1 ? 4L * threads : 1;
    const long pixels = s.pixels();
    const long fixed = static_cast<long>(s.blocks) * ceil_div(panels, panel_piece);
    if (ceil_div(pixels, piece) * fixed < wanted) {
        piece = std::max<long>(4 * tile, ceil_div(ceil_div(pixels, ceil_div(wanted, fixed)), tile) * tile);
        const long have = ceil_div(pixels, piece) * static_cast<long>(s.blocks);
        if (have * ceil_div(panels, panel_piece) < wanted) {
            panel_piece = std::max(std::min(panels, 4), std::min(panel_piece, ceil_div(panels, ceil_div(wanted, have))));
        }
    }
    Array<Task> tasks = cut(pixels, piece, tile, s.blocks, panels, panel_piece);
    for (size_t i = 0; i + threads < tasks.size(); ++i) {
        const Task& next = tasks[i + threads];
        tasks[i].next_panel = next.block * panels + next.panel0;
    }
    return tasks;
}

// Of a level-2 cache of 2 MiB, as processors with AMX have: weights that stay there while pixels pass by, or inputs that stay there while
// weights do.
constexpr long kTileCacheNumbers = 1280 * 1024 / 2;
// Numbers of the reduction in a tile.
constexpr int kTileNumbers = 32;

// Whether tiles load inputs from planes: every tap is whole tiles, strides leave no inputs out, and few places of the planes are no results.
bool in_planes(const Shape& s) {
    return s.kernel_h * s.kernel_w > 1 && s.block_in % kTileNumbers == 0 && s.stride_h <= s.kernel_h && s.stride_w <= s.kernel_w &&
           plane_columns(s) <= s.out_w * 3L / 2;
}

Array<Task> plan_whole_reduction(Job& job, int threads, const Level& simd) {
    const Shape& s = job.shape;
    job.planes = in_planes(s);
    if (job.planes) return plan_planes(s, s.panels(), threads);
    const int tile = simd.tile_pixels;
    const long pixels = s.pixels();
    const int panels = s.panels();
    const long reduction = s.reduction();
    if (reduction * panels * kPanel <= kTileCacheNumbers) {
        job.step = tile;
        const long wanted = threads > 1 ? 4L * threads : 1;
        const long piece = std::max<long>(2 * tile, std::min<long>(16 * tile, ceil_div(pixels, ceil_div(wanted, s.blocks))));
        return cut(pixels, piece, tile, s.blocks, panels, panels);
    }
    const long held = std::max<long>(tile, kTileCacheNumbers / reduction / tile * tile);
    const long piece = std::min(held, ceil_div(ceil_div(pixels, ceil_div(pixels, held)), tile) * static_cast<long>(tile));
    job.step = static_cast<int>(piece);
    const long have = ceil_div(pixels, piece) * static_cast<long>(s.blocks);
    const long wanted = threads > 1 ? 2L * threads : 1;
    return cut(pixels, piece, tile, s.blocks, panels, ceil_div(panels, ceil_div(wanted, have)));
}

long winograd_tiles(const Shape& s) {
    return static_cast<long>(s.batch) * ceil_div(s.out_h, kWinogradOut) * ceil_div(s.out_w, kWinogradOut);
}

Array<Task> plan_winograd(Job& job, int threads, int tile) {
    const Shape& s = job.shape;
    const int steps = ceil_div(s.in_c, kReductionStep);
    job.reduction_step = ceil_div(ceil_div(s.in_c, steps), 4) * 4;
    const long tiles = winograd_tiles(s);
    long piece = std::max<long>(tile, kWinogradPiece / tile * tile);
    const long wanted = threads > 1 ? 2L * threads : 1;
    int panel_piece = s.panels();
    if (ceil_div(tiles, piece) < wanted) {
        piece = std::max<long>(2 * tile, ceil_div(ceil_div(tiles, wanted), tile) * tile);
        const long have = ceil_div(tiles, piece);
        if (have < threads) panel_piece = std::max(std::min(s.panels(), 4), ceil_div(s.panels(), ceil_div(threads, have)));
    }
    return cut(tiles, piece, tile, 1, s.panels(), panel_piece);
}

bool winograd_gains(const Shape& s, const PackedForms& forms, const Level& direct) {
    if (!forms.has_winograd) return false;
    // Tiles of AMX multiply faster than Winograd's products save.
    if (forms.has_direct && direct.whole_reduction) return false;
    if (s.stride_h != 1 || s.stride_w != 1 || s.dilation_h != 1 || s.dilation_w != 1) return false;
    if (!forms.has_direct) return true;
    return winograd_tiles(s) >= direct.blocking.least_winograd_tiles;
}

}  // namespace

Array<Task> conv2d_internal::plan_planes(const Shape& s, int panels, int threads) {
    const long rows = static_cast<long>(s.batch) * s.out_h;
    const long wanted = threads > 1 ? 2L * threads : 1;
    const long halo = static_cast<long>(s.kernel_h - 1) * s.dilation_h;
    const long row_numbers = static_cast<long>(s.stride_w) * plane_columns(s) * s.block_in;
    // Small maps lie there for every task; parts of the channels then share them, and read each weight once.
    if (s.batch == 1 && (rows * s.stride_h + halo) * row_numbers <= kTileCacheNumbers / 2 && s.pixels() <= 512 && s.blocks == 1) {
        return cut(rows, rows, 1, 1, panels, ceil_div(panels, wanted));
    }
    const long held = std::max<long>(1, (kTileCacheNumbers / row_numbers - halo) / s.stride_h);
    return cut(rows, std::min<long>(held, ceil_div(rows, ceil_div(wanted, s.blocks))), 1, s.blocks, panels, panels);
}

bool conv2d_has_tiles() {
#if defined(__x86_64__)
    return simd_level() == SimdLevel::kAmx && level_amx() != nullptr;
#else
    return false;
#endif
}

bool conv2d_has_bfloat16() {
#if defined(__x86_64__)
    return simd_bfloat16() && level_avx512bf16() != nullptr;
#else
    return false;
#endif
}

void conv2d(const Conv2DSize& size, const Conv2DInputs& inputs, bool relu, float* y, Executor& executor) {
    const Conv2DFilter filter = read_filter(inputs.packed);
    const Blocks blocks(filter);
    const PackedForms forms = read_forms(inputs.packed, filter);
    Shape shape = {size.batch,      size.in_h,       size.in_w,      filter.in_c,  size.out_h(filter), size.out_w(filter), filter.out_c,
                         filter.kernel_h, filter.kernel_w, size.stride_h,  size.stride_w, size.pad_h,        size.pad_w,         size.dilation_h,
                         size.dilation_w, blocks.count,    blocks.in,      blocks.out};
    if (shape.pixels() <= 0) return;
    // Steps that are never taken may be anything. The least that lead out of the map at once keep their products small; a stride of 1 would
    // not, and say that outputs lie as close as inputs.
    if (shape.kernel_h == 1) shape.dilation_h = 1;
    if (shape.kernel_w == 1) shape.dilation_w = 1;
    shape.stride_h = std::min(shape.stride_h, shape.in_h + 2 * shape.pad_h - shape.dilation_h * (shape.kernel_h - 1));
    shape.stride_w = std::min(shape.stride_w, shape.in_w + 2 * shape.pad_w - shape.dilation_w * (shape.kernel_w - 1));
    // Whole vectors of bias are read.
    const int panels = shape.panels();
    Array<float> bias(static_cast<size_t>(shape.blocks) * panels * kPanel, 0.0f);
    if (inputs.bias != nullptr) {
        for (int block = 0; block < shape.blocks; ++block) {
            std::copy(inputs.bias + block * shape.block_out, inputs.bias + (block + 1) * shape.block_out,
                      bias.begin() + static_cast<ptrdiff_t>(block) * panels * kPanel);
        }
    }
    const Level& direct = level(filter.precision);
    const bool winograd = winograd_gains(shape, forms, direct);
    const Level& simd = winograd ? level(Precision::kFloat32) : direct;
    Job job = {shape, inputs.x, inputs.packed + (winograd ? forms.winograd_offset : kHeader), bias.data(), inputs.residual, relu, y, 0};
    const int threads = executor.threads();
    const Array<Task> tasks = winograd               ? plan_winograd(job, threads, simd.tile_pixels)
                              : simd.whole_reduction ? plan_whole_reduction(job, threads, simd)
                                                     : plan_direct(job, threads, simd);
    const auto bytes = winograd ? simd.winograd_workspace : simd.direct_workspace;
    const auto work = winograd ? simd.winograd : simd.direct;
    executor.run(static_cast<int>(tasks.size()), [&](int i) { work(job, tasks[i], workspace.get(bytes(job, tasks[i]))); });
}

}  // namespace icconv
