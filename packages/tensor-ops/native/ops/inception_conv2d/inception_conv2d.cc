// Cuts a call into tasks, gives each its memory, and runs them at the SIMD level in force.
#include "ops/inception_conv2d/inception_conv2d.h"

#include <algorithm>

#include "common/simd.h"
#include "common/workspace.h"
#include "ops/conv2d/plan_planes.h"

namespace icconv {
namespace {

const ConvLevel& level() { return ICCONV_AT_SIMD_LEVEL(conv_level)(); }

const WinogradLevel& winograd_level() { return ICCONV_AT_SIMD_LEVEL(winograd_level)(); }

ConvShape shape_of(const InceptionConv2DPlan& plan, const InceptionConv2DSize& size) {
    return {size.batch,         size.in_height, size.in_width, plan.in_channels(),  size.out_height(), size.out_width(),
            plan.out_channels(), plan.kernel(), plan.groups(), size.stride_height, size.stride_width};
}

// How to share an image among threads: strips of rows while each is tall beside its halo, then parts of the channels as well.
struct Split {
    int strips;
    int parts;
};

Split split_image(int threads, int batch, int rows, int parts_most) {
    const int wanted = batch % threads == 0 || batch >= 4 * threads ? 1 : threads;
    // A strip repeats up to 2*d_max rows of packing.
    const int strips = std::max(1, std::min(wanted, rows / 24));
    return {strips, std::max(1, std::min(parts_most, (wanted + strips - 1) / strips))};
}

// Times of blocks, up to a factor, measured on the small maps where blocks are shared out.
long forward_cost(const ConvBlock& block) { return block.wide ? block.width * 8 : block.width * 9; }
// Sums over few output channels keep the arithmetic units less busy.
long filter_cost(const ConvBlock& block) {
    static constexpr int kCost[kMaxFilterBlock] = {22, 29, 35, 44, 50, 60};
    return kCost[block.count - 1];
}

// Begins of `parts` ranges of blocks of about equal cost; the last entry is the number of blocks.
Array<int> split_blocks(const Array<ConvBlock>& blocks, int parts, long (*cost)(const ConvBlock&)) {
    long total = 0;
    for (const ConvBlock& block : blocks) total += cost(block);
    Array<int> begins{0};
    long seen = 0;
    for (size_t b = 0; b < blocks.size() && static_cast<int>(begins.size()) < parts; ++b) {
        // Each range ends before or after the block that crosses its share, whichever is nearer.
        const long half = seen + cost(blocks[b]) / 2;
        seen += cost(blocks[b]);
        if (b > 0 && half * parts >= total * static_cast<long>(begins.size()) && static_cast<int>(b) > begins.back()) {
            begins.push_back(static_cast<int>(b));
        }
    }
    begins.push_back(static_cast<int>(blocks.size()));
    return begins;
}

// Rows are cut at multiples of `unit`.
Array<ConvTask> make_tasks(int batch, int rows, int unit, int strips, const Array<int>& begins) {
    Array<ConvTask> tasks;
    const int units = (rows + unit - 1) / unit;
    for (int image = 0; image < batch; ++image) {
        for (int strip = 0; strip < strips; ++strip) {
            const int row0 = static_cast<int>(static_cast<long>(units) * strip / strips) * unit;
            const int row1 = std::min(rows, static_cast<int>(static_cast<long>(units) * (strip + 1) / strips) * unit);
            if (row0 >= row1) continue;
            for (size_t part = 0; part + 1 < begins.size(); ++part) tasks.push_back({image, row0, row1, begins[part], begins[part + 1]});
        }
    }
    return tasks;
}

thread_local Workspace workspace;

template <class Job>
void run_tasks(const Job& job, const Array<ConvTask>& tasks, size_t (*bytes)(const Job&, const ConvTask&),
               void (*work)(const Job&, const ConvTask&, void*), Executor& executor) {
    executor.run(static_cast<int>(tasks.size()), [&](int i) {
        work(job, tasks[i], workspace.get(bytes(job, tasks[i])));
        workspace.trim();
    });
}

Array<ConvTask> forward_tasks(const Array<ConvBlock>& blocks, const ConvShape& shape, int threads) {
    if (blocks.empty()) return {};
    const Split split = split_image(threads, shape.batch, shape.out_h, static_cast<int>(blocks.size()));
    return make_tasks(shape.batch, shape.out_h, 1, split.strips, split_blocks(blocks, split.parts, forward_cost));
}

// First outputs of the tiles along an axis of so many pixels: kTileOut outputs `dilation` apart.
Array<int> tile_starts(int pixels, int dilation) {
    Array<int> starts;
    for (int phase = 0; phase < std::min(dilation, pixels); ++phase) {
        for (long at = phase; at < pixels; at += static_cast<long>(kTileOut) * dilation) starts.push_back(static_cast<int>(at));
    }
    return starts;
}

// The Winograd part of a call: its tiles and how they are shared out, and the blocks of the channels that it leaves to the definition.
struct WinogradPlan {
    Array<Array<int>> starts;  // Rows and columns of each group; empty for one that is not taken.
    Array<WinogradGrid> grids;
    Array<WinogradTask> tasks;
    Array<ConvBlock> blocks;
};

// More tiles at a time have no more use of the weights, and of what they are transformed into less finds room in the caches.
constexpr long kMostTiles = 28;
// Tiles at the border and along the phases of a dilation reach out of the map: beyond this excess the definition is faster.
constexpr double kMostExcess = 1.8;
// With fewer, fetching the weights costs more than the saved products.
constexpr long kLeastTiles = 16;

bool same_branch(const WinogradGroup& group, const ConvBlock& block) {
    return group.dilation_h == block.dilation_h && group.dilation_w == block.dilation_w;
}

WinogradPlan plan_winograd(const InceptionConv2DPlan& plan, const ConvShape& shape, bool packed, size_t share, int threads) {
    WinogradPlan result;
    const bool possible = packed && shape.stride_h == 1 && shape.stride_w == 1;
    const WinogradLevel& winograd = winograd_level();
    const double pixels = static_cast<double>(shape.batch) * shape.out_h * shape.out_w;
    Array<const WinogradGroup*> taken;
    for (const WinogradGroup& group : plan.winograd_groups()) {
        const int index = static_cast<int>(result.grids.size());
        result.grids.push_back({nullptr, nullptr, 0, 0});
        const size_t one = possible ? winograd.workspace(shape, group, winograd.tile_pixels) : 0;
        if (!possible || one > share) continue;
        Array<int> rows = tile_starts(shape.out_h, group.dilation_h);
        Array<int> columns = tile_starts(shape.out_w, group.dilation_w);
        const long tiles = static_cast<long>(shape.batch) * static_cast<long>(rows.size()) * static_cast<long>(columns.size());
        if (tiles < kLeastTiles || static_cast<double>(tiles) * kTileOut * kTileOut > kMostExcess * pixels) continue;
        taken.push_back(&group);
        const long most = static_cast<long>(share / one) * winograd.tile_pixels;
        const long step = std::min<long>(most, std::max<long>(winograd.tile_pixels, kMostTiles));
        // Whole numbers of tasks a thread, of about equal size.
        long parts = std::max<long>(1, (tiles + step - 1) / step);
        parts = (parts + threads - 1) / threads * threads;
        for (long part = 0; part < parts; ++part) {
            const long begin = tiles * part / parts;
            const long end = tiles * (part + 1) / parts;
            if (begin < end) result.tasks.push_back({index, begin, end});
        }
        // Elements stay where they are when the array that holds them moves, so the grid holds.
        result.grids[index] = {rows.data(), columns.data(), static_cast<int>(rows.size()), static_cast<int>(columns.size())};
        result.starts.push_back(std::move(rows));
        result.starts.push_back(std::move(columns));
    }
    const auto is_taken = [&](const ConvBlock& block) {
        return std::any_of(taken.begin(), taken.end(), [&](const WinogradGroup* group) { return same_branch(*group, block); });
    };
    for (const ConvBlock& block : plan.blocks()) {
        if (!is_taken(block)) result.blocks.push_back(block);
    }
    for (const ConvBlock& block : plan.rest_blocks()) {
        if (is_taken(block)) result.blocks.push_back(block);
    }
    return result;
}

// A thread may take so much whatever the map's size: small maps are those whose calls are many.
constexpr size_t kLeastShare = 1536 << 10;

// What a thread may take so that all of them together stay below the size of input and output.
size_t workspace_share(const ConvShape& shape, int threads) {
    const size_t pixels_in = static_cast<size_t>(shape.batch) * shape.in_h * shape.in_w * shape.in_c;
    const size_t pixels_out = static_cast<size_t>(shape.batch) * shape.out_h * shape.out_w * shape.out_c;
    return std::max((pixels_in + pixels_out) * sizeof(float) / static_cast<size_t>(threads), kLeastShare);
}

bool empty(const ConvShape& shape) { return shape.batch <= 0 || shape.out_c <= 0 || shape.in_h <= 0 || shape.in_w <= 0; }

#if defined(__x86_64__)
// Packed filters of bfloat16: every strip of a branch from the same planes of inputs.
void by_tiles(const InceptionConv2DPlan& plan, const ConvShape& s, const float* x, const float* packed, const float* bias, bool relu, float* y,
              Executor& executor) {
    // A tap farther away than the map is long is as good as one that just misses it.
    Array<BranchStrip> strips = plan.strips();
    int most_h = 1, most_w = 1;
    for (BranchStrip& strip : strips) {
        strip.dilation_h = std::min(strip.dilation_h, s.in_h);
        strip.dilation_w = std::min(strip.dilation_w, s.in_w);
        most_h = std::max(most_h, strip.dilation_h);
        most_w = std::max(most_w, strip.dilation_w);
    }
    const conv2d_internal::Shape shape = {s.batch,    s.in_h,     s.in_w,     s.in_c,     s.out_h,             s.out_w,             s.out_c, s.kernel, s.kernel,
                                          s.stride_h, s.stride_w, s.radius() * most_h, s.radius() * most_w, most_h,  most_w,   1,       s.in_c,   s.out_c};
    Array<float> sorted_bias(static_cast<size_t>(s.out_c) + 31, 0.0f);
    if (bias != nullptr) {
        for (int o = 0; o < s.out_c; ++o) sorted_bias[o] = bias[plan.order()[o]];
    }
    const BranchJob job = {shape, x, packed, sorted_bias.data(), plan.order().data(), relu, y, strips.data()};
    const BranchLevel& branches = *branch_level_amx();
    const Array<conv2d_internal::Task> tasks = conv2d_internal::plan_planes(shape, 2 * static_cast<int>(strips.size()), executor.threads());
    executor.run(static_cast<int>(tasks.size()), [&](int i) {
        branches.run(job, tasks[i], workspace.get(branches.workspace(job, tasks[i])));
        workspace.trim();
    });
}
#endif

}  // namespace

void inception_conv2d(const InceptionConv2DPlan& plan, const InceptionConv2DSize& size, const float* x, const float* filter,
                      const float* packed, const float* bias, ConvActivation activation, float* y, Executor& executor,
                      [[maybe_unused]] Precision precision) {
    const ConvShape shape = shape_of(plan, size);
    if (empty(shape)) return;
#if defined(__x86_64__)
    if (precision == Precision::kBfloat16) return by_tiles(plan, shape, x, packed, bias, activation == ConvActivation::kRelu, y, executor);
#endif
    const size_t share = workspace_share(shape, executor.threads());
    const WinogradPlan winograd = plan_winograd(plan, shape, packed != nullptr, share, executor.threads());
    const Array<ConvBlock>& blocks = winograd.blocks;
    const bool relu = activation == ConvActivation::kRelu;
    Array<float> channel_bias(shape.out_c, 0.0f);
    if (bias != nullptr) std::copy(bias, bias + shape.out_c, channel_bias.begin());
    Array<float> sorted_bias(blocks.size() * 32, 0.0f);
    for (size_t b = 0; b < blocks.size(); ++b) {
        for (int n = 0; n < blocks[b].count; ++n) sorted_bias[b * 32 + n] = channel_bias[plan.order()[blocks[b].first + n]];
    }
    const Array<ConvTask> tasks = forward_tasks(blocks, shape, executor.threads());
    const ForwardJob job = {shape,
                            x,
                            packed != nullptr ? nullptr : filter,
                            packed,
                            channel_bias.data(),
                            sorted_bias.data(),
                            relu,
                            y,
                            blocks.data(),
                            plan.order().data(),
                            tasks.data(),
                            share};
    const WinogradJob winograd_job = {shape, x,  packed,              channel_bias.data(),          relu,
                                      y,     plan.order().data(), plan.winograd_groups().data(), winograd.grids.data()};
    const int direct = static_cast<int>(tasks.size());
    // The small Winograd tasks come last and even out the times.
    executor.run(direct + static_cast<int>(winograd.tasks.size()), [&](int i) {
        if (i < direct) {
            level().forward(job, tasks[i], workspace.get(level().forward_workspace(job, tasks[i])));
        } else {
            const WinogradTask& task = winograd.tasks[i - direct];
            const WinogradGroup& group = plan.winograd_groups()[task.group];
            winograd_level().run(winograd_job, task, workspace.get(winograd_level().workspace(shape, group, task.end - task.begin)));
        }
        workspace.trim();
    });
}

size_t inception_conv2d_workspace(const InceptionConv2DPlan& plan, const InceptionConv2DSize& size, bool packed, int threads) {
    const ConvShape shape = shape_of(plan, size);
    if (empty(shape)) return 0;
    const size_t share = workspace_share(shape, threads);
    const WinogradPlan winograd = plan_winograd(plan, shape, packed, share, threads);
    const Array<ConvBlock>& blocks = winograd.blocks;
    const Array<ConvTask> tasks = forward_tasks(blocks, shape, threads);
    const float any = 0;
    const ForwardJob job = {shape, nullptr, packed ? nullptr : &any, packed ? &any : nullptr, nullptr,      nullptr,
                            false, nullptr, blocks.data(),           plan.order().data(),     tasks.data(), share};
    Array<size_t> bytes;
    for (const ConvTask& task : tasks) bytes.push_back(level().forward_workspace(job, task));
    for (const WinogradTask& task : winograd.tasks) {
        bytes.push_back(winograd_level().workspace(shape, plan.winograd_groups()[task.group], task.end - task.begin));
    }
    std::sort(bytes.rbegin(), bytes.rend());
    size_t total = 0;
    for (size_t i = 0; i < bytes.size() && static_cast<int>(i) < threads; ++i) total += bytes[i];
    return total;
}

void inception_conv2d_grad_input(const InceptionConv2DPlan& plan, const InceptionConv2DSize& size, const float* dy,
                                 const float* filter, float* dx, Executor& executor) {
    const ConvShape shape = shape_of(plan, size);
    if (empty(shape)) return;
    Array<ConvBlock> blocks = plan.blocks();
    std::sort(blocks.begin(), blocks.end(), [](const ConvBlock& a, const ConvBlock& b) { return a.first < b.first; });
    const int input_blocks = shape.groups * ((shape.group_in() + 31) / 32);
    const Split split = split_image(executor.threads(), shape.batch, shape.in_h, input_blocks);
    Array<int> begins;
    for (int part = 0; part <= split.parts; ++part) begins.push_back(static_cast<int>(static_cast<long>(input_blocks) * part / split.parts));
    const Array<ConvTask> tasks = make_tasks(shape.batch, shape.in_h, shape.stride_h, split.strips, begins);
    const GradInputJob job = {shape, dy, filter, dx, blocks.data(), static_cast<int>(blocks.size()), plan.order().data(), tasks.data()};
    run_tasks(job, tasks, level().grad_input_workspace, level().grad_input, executor);
}

void inception_conv2d_grad_filter(const InceptionConv2DPlan& plan, const InceptionConv2DSize& size, const float* x,
                                  const float* dy, float* dfilter, Executor& executor) {
    const ConvShape shape = shape_of(plan, size);
    if (shape.out_c <= 0) return;
    if (empty(shape)) {
        std::fill(dfilter, dfilter + static_cast<size_t>(shape.taps()) * shape.group_in() * shape.out_c, 0.0f);
        return;
    }
    Array<ConvBlock> sorted = plan.blocks();
    std::sort(sorted.begin(), sorted.end(), [](const ConvBlock& a, const ConvBlock& b) { return a.first < b.first; });
    // Channels of one dilation, cut anew.
    Array<ConvBlock> blocks;
    for (size_t i = 0; i < sorted.size();) {
        ConvBlock whole = sorted[i];
        for (++i; i < sorted.size() && sorted[i].group == whole.group && sorted[i].dilation_h == whole.dilation_h &&
                  sorted[i].dilation_w == whole.dilation_w;
             ++i) {
            whole.count += sorted[i].count;
        }
        const int parts = (whole.count + kMaxFilterBlock - 1) / kMaxFilterBlock;
        for (int part = 0; part < parts; ++part) {
            ConvBlock block = whole;
            const int begin = whole.count * part / parts;
            block.first += begin;
            block.count = whole.count * (part + 1) / parts - begin;
            blocks.push_back(block);
        }
    }
    // More tasks than threads even out their times; each copies the input anew, which shows below some 32 channels.
    const int parts = executor.threads() == 1 ? 1 : std::max(executor.threads(), std::min(4 * executor.threads(), shape.out_c / 32));
    const Array<ConvTask> tasks = make_tasks(1, 1, 1, 1, split_blocks(blocks, parts, filter_cost));
    const GradFilterJob job = {shape, x, dy, dfilter, blocks.data(), plan.order().data(), tasks.data()};
    run_tasks(job, tasks, level().grad_filter_workspace, level().grad_filter, executor);
}

}  // namespace icconv
