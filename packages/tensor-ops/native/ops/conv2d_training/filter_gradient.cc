// Chooses the algorithm of the filter's gradient, cuts it into tasks, and runs them at the SIMD level in force.
#include <algorithm>

#include "common/memory.h"
#include "common/simd.h"
#include "common/workspace.h"
#include "ops/conv2d_training/conv2d_training.h"
#include "ops/conv2d_training/job.h"

namespace icconv {
namespace {

using namespace conv2d_training_internal;
using conv2d_internal::ceil_div;
using conv2d_internal::kWinogradOut;
using conv2d_internal::kWinogradPoints;

const Level& level() { return ICCONV_AT_SIMD_LEVEL(level)(); }

thread_local Workspace workspace;

// Inputs of a step's pixels stay in the level-2 cache: 128 x 1024 floats are half of one of 1 MiB.
constexpr int kMostRows = 1024;
constexpr int kMostChannels = 512;
// Less is not worth the copies of the other operand.
constexpr int kLeastRows = 112;
// Pixels of a part, at least.
constexpr long kLeastPixels = 8 * kPixelStep;

struct Cut {
    int parts, rows, channels;  // Numbers of pieces.
};

Cut cut(const Shape& s, int threads) {
    Cut result = {1, ceil_div(s.reduction(), kMostRows), ceil_div(s.out_c, kMostChannels)};
    // Enough tasks that threads finish together.
    const int wanted = threads > 1 ? 4 * threads : 1;
    const auto missing = [&] { return ceil_div(wanted, static_cast<long>(result.parts) * result.rows * result.channels); };
    // Pieces of the sums cost nothing more; parts of the pixels have sums of their own, which must be small.
    if (missing() > 1) result.rows = std::max(result.rows, std::min(result.rows * missing(), s.reduction() / kLeastRows));
    if (missing() > 1) result.parts = std::max<int>(1, static_cast<int>(std::min<long>(missing(), s.pixels() / kLeastPixels)));
    return result;
}

// Begin of piece i of [0, all), a multiple of `unit`.
int piece_begin(int all, int pieces, int unit, int i) {
    const long units = ceil_div(all, unit);
    return std::min(all, static_cast<int>(units * i / pieces) * unit);
}

void by_definition(const Shape& shape, const float* x, const float* dy, float* dfilter, Executor& executor) {
    const Level& simd = level();
    const Cut pieces = cut(shape, executor.threads());
    const size_t floats = static_cast<size_t>(shape.reduction()) * shape.out_c;
    Array<float> partial(floats * (pieces.parts - 1));
    Array<float*> sums{dfilter};
    for (int part = 1; part < pieces.parts; ++part) sums.push_back(partial.data() + (part - 1) * floats);
    Array<FilterTask> tasks;
    for (int part = 0; part < pieces.parts; ++part) {
        const long pixel0 = shape.pixels() * part / pieces.parts;
        const long pixel1 = shape.pixels() * (part + 1) / pieces.parts;
        for (int r = 0; r < pieces.rows; ++r) {
            for (int c = 0; c < pieces.channels; ++c) {
                const FilterTask task = {pixel0, pixel1, part,
                                         piece_begin(shape.reduction(), pieces.rows, simd.tile_rows, r),
                                         piece_begin(shape.reduction(), pieces.rows, simd.tile_rows, r + 1),
                                         piece_begin(shape.out_c, pieces.channels, simd.tile_channels, c),
                                         piece_begin(shape.out_c, pieces.channels, simd.tile_channels, c + 1)};
                if (task.row0 < task.row1 && task.channel0 < task.channel1) tasks.push_back(task);
            }
        }
    }
    const FilterJob job = {shape, x, dy, sums.data()};
    executor.run(static_cast<int>(tasks.size()),
                 [&](int i) { simd.direct(job, tasks[i], workspace.get(simd.direct_workspace(job, tasks[i]))); });
    if (pieces.parts == 1) return;
    // In the order of the parts, whoever finished first.
    constexpr size_t kStep = 16 << 10;
    executor.run(ceil_div(static_cast<long>(floats), kStep), [&](int i) {
        const size_t end = std::min(floats, (i + 1) * kStep);
        for (int part = 1; part < pieces.parts; ++part) {
            const float* const from = sums[part];
            for (size_t k = i * kStep; k < end; ++k) dfilter[k] += from[k];
        }
    });
}

long tiles_of(const Shape& s) {
    return static_cast<long>(s.batch) * ceil_div(s.out_h, kWinogradOut) * ceil_div(s.out_w, kWinogradOut);
}

// Tiles at a time: more reuse of the sums of products, which are read and written once for them, against what they are transformed into, which
// finds room in a level-3 cache.
constexpr int kMostTiles = 128;
// With fewer in a picture, sums of 36 points for 9 taps cost more than the products that are saved.
constexpr long kLeastTiles = 36;
constexpr int kLeastWinogradChannels = 16;

bool winograd_gains(const Shape& s) {
    return s.kernel_h == 3 && s.kernel_w == 3 && s.stride_h == 1 && s.stride_w == 1 && s.in_c >= kLeastWinogradChannels &&
           s.out_c >= kLeastWinogradChannels && tiles_of(s) / s.batch >= kLeastTiles;
}

void by_winograd(const Shape& shape, const float* x, const float* dy, float* dfilter, Executor& executor) {
    const Level& simd = level();
    const long all = tiles_of(shape);
    const int chunks = ceil_div(all, kMostTiles);
    const int most = ceil_div(all, chunks);
    WinogradFilterJob job = {shape, x, dy, 0, 0, odd_lines(shape.in_c), 0, odd_lines(shape.out_c), 0, nullptr, nullptr, nullptr, false, dfilter};
    const int odd = most | 1;
    job.in_plane = odd * job.in_stride;
    job.out_plane = odd * job.out_stride;
    const size_t products = static_cast<size_t>(kWinogradPoints) * shape.in_c * shape.out_c;
    // Whole panels are read, also past the last row.
    const size_t planes = static_cast<size_t>(kWinogradPoints) * (job.in_plane + job.out_plane) + 64;
    const Memory memory = allocate((products + 64 + planes) * sizeof(float));
    job.in = static_cast<float*>(memory.get());
    job.out = job.in + kWinogradPoints * job.in_plane;
    job.products = job.out + kWinogradPoints * job.out_plane + 64;
    Array<ProductTask> tasks;
    const int row_pieces = ceil_div(shape.in_c, 256);
    for (int point = 0; point < kWinogradPoints; ++point) {
        for (int r = 0; r < row_pieces; ++r) {
            tasks.push_back({point, piece_begin(shape.in_c, row_pieces, simd.tile_rows, r), piece_begin(shape.in_c, row_pieces, simd.tile_rows, r + 1), 0,
                             shape.out_c});
        }
    }
    for (int chunk = 0; chunk < chunks; ++chunk) {
        job.first = all * chunk / chunks;
        job.tiles = static_cast<int>(all * (chunk + 1) / chunks - job.first);
        job.add = chunk > 0;
        const int pieces = ceil_div(job.tiles, 8);
        executor.run(pieces, [&](int i) {
            simd.transform(job, static_cast<int>(static_cast<long>(job.tiles) * i / pieces), static_cast<int>(static_cast<long>(job.tiles) * (i + 1) / pieces));
        });
        executor.run(static_cast<int>(tasks.size()), [&](int i) { simd.multiply(job, tasks[i]); });
    }
    const int pieces = ceil_div(shape.in_c, 8);
    executor.run(pieces, [&](int i) { simd.finish(job, i * 8, std::min(shape.in_c, i * 8 + 8)); });
}

}  // namespace

void conv2d_grad_filter(const Conv2DSize& size, const Conv2DFilter& filter, const float* x, const float* dy, float* dfilter, Executor& executor) {
    const Shape shape = {size.batch,      size.in_h,       size.in_w,     filter.in_c,   size.out_h(filter), size.out_w(filter), filter.out_c,    filter.kernel_h,
                         filter.kernel_w, size.stride_h,   size.stride_w, size.pad_h,    size.pad_w,         size.dilation_h,    size.dilation_w, 1,
                         filter.in_c,     filter.out_c};
    if (winograd_gains(shape)) {
        by_winograd(shape, x, dy, dfilter, executor);
    } else {
        by_definition(shape, x, dy, dfilter, executor);
    }
}

}  // namespace icconv
