// What the dispatcher hands to the code of a SIMD level.
#ifndef ICCONV_OPS_CONV2D_JOB_H_
#define ICCONV_OPS_CONV2D_JOB_H_

#include <cstddef>
#include <cstdint>

namespace icconv {
namespace conv2d_internal {

// Output channels of one panel of packed weights, at every SIMD level: a cache line.
constexpr int kPanel = 16;
// Of Winograd's products: a tile of 14 pixels by this many inputs fills two thirds of a level-1 cache of 32 KiB.
constexpr int kReductionStep = 320;
// Winograd F(4x4, 3x3): output tiles of 4 x 4 pixels from input tiles of 6 x 6.
constexpr int kWinogradOut = 4;
constexpr int kWinogradIn = 6;
constexpr int kWinogradPoints = kWinogradIn * kWinogradIn;

// Weights that stay in a level-2 cache of 512 KiB beside inputs and outputs.
constexpr long kHeldWeights = 256 * 1024 / 4;

constexpr int ceil_div(long a, long b) { return static_cast<int>((a + b - 1) / b); }

struct Shape {
    int batch, in_h, in_w, in_c;
    int out_h, out_w, out_c;
    int kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
    // Groups merged until their outputs fill a panel; foreign channels have weight zero.
    int blocks, block_in, block_out;

    int panels() const { return (block_out + kPanel - 1) / kPanel; }
    int reduction() const { return kernel_h * kernel_w * block_in; }
    long pixels() const { return static_cast<long>(batch) * out_h * out_w; }
};

struct Job {
    Shape shape;
    const float* x;
    const float* weights;  // Direct: [blocks][panels][words of the reduction][16]. Winograd: [36][panels][in_c][16].
    const float* bias;     // [blocks][panels * 16], never null; padded with zeros.
    const float* residual;
    bool relu;
    float* y;
    int reduction_step;    // Reduction indices at a time (direct).
    // Where the sums of a tile take in the whole reduction: inputs lie in planes, which tiles of all taps share, and a task has rows of results;
    // or pixels are gathered, so many at a time.
    bool planes = false;
    int step = 0;
};

// Results larger than this share of a level-3 cache have left it before the next layer comes to their beginning: they are stored past
// the caches, which saves reading the lines that are overwritten.
constexpr long kStreamFloats = 16 * 1024 * 1024 / 4;

// Columns of a plane of inputs.
inline int plane_columns(const Shape& s) { return s.out_w + (s.kernel_w - 1) * s.dilation_w / s.stride_w; }

inline bool streams_results(const Job& job) {
    const Shape& s = job.shape;
    return s.out_c % kPanel == 0 && s.pixels() * s.out_c >= kStreamFloats && reinterpret_cast<uintptr_t>(job.y) % 64 == 0;
}

// Direct: output pixels of all images, counted in memory order. Winograd: tiles of 4 x 4, counted likewise.
struct Task {
    long begin, end;
    int block;
    int panel0, panel1;
    int next_panel = -1;  // Of all blocks: the first that the thread is likely to take next.
};

// How the direct form is cut, by the caches of the processors that a level is for, and when Winograd's is taken in its place.
struct Blocking {
    int reduction_step;  // Words of the reduction at a time.
    int panels;          // Of a task, at most.
    long cache_floats;   // Of a level-2 cache, for weights, inputs and outputs of a piece.
    // With fewer tiles, fetching four times the weights costs more than the saved products: a map of 7 x 7 has 4, one of 14 x 14 has 16.
    long least_winograd_tiles;
};

struct Level {
    size_t (*direct_workspace)(const Job&, const Task&);  // Bytes.
    void (*direct)(const Job&, const Task&, void* workspace);
    size_t (*winograd_workspace)(const Job&, const Task&);
    void (*winograd)(const Job&, const Task&, void* workspace);
    int tile_pixels;  // Of the register tile.
    int per_word;     // Numbers of the reduction in a word.
    Blocking blocking;
    bool whole_reduction = false;  // Of the direct form: a task knows no reduction_step.
};

const Level& level_portable();
const Level& level_avx2();
const Level& level_avx512();
// Products of bfloat16; null where the compiler did not know the instructions.
const Level* level_avx512bf16();
const Level* level_amx();

}  // namespace conv2d_internal
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_JOB_H_
