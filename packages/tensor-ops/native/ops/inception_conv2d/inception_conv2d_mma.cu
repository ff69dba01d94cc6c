// Inception convolution and its gradients on tensor cores (cuda/mma.cuh): the products of inception_conv2d.cu, one launch each for all dilations,
// with multiplicands rounded on their way into shared memory and sums in float32. Maps and filters are float32 on both sides.
//
// A block multiplies kRows rows by 64 columns, in steps of 16 words of the reduction. While it multiplies one step, the numbers of the next are on
// their way into registers. Columns beyond a tile's channels cost nothing by eights. Sums have a fixed order.
#include "cuda/mma.cuh"
#include "cuda/reduce.cuh"
#include "ops/inception_conv2d/inception_pixels.cuh"

namespace icconv {

constexpr int kColumns = kInceptionTile, kThreads = kInceptionThreads;
// A thread brings 4 words of a row, 16 bytes; 4 threads bring a step of it.
constexpr int kParts = 4, kPartWords = 4;
constexpr int kRowsAtOnce = kThreads / kParts;
constexpr int kSubtile = 8;

struct __align__(16) Words {
    uint32_t word[kPartWords];
};
struct __align__(16) Four {
    float number[4];
};

// The multiplicands of two steps, in turn. Rows are one part longer than used, so that 8 rows of ldmatrix meet all banks once.
template <int kRows>
struct Pieces {
    Words a[2][kRows][kParts + 1];
    Words b[2][kColumns][kParts + 1];
};

// What a thread brings: a part of row `row`, and of rows kRowsAtOnce further on. Neighbours have parts of one row, or one part of rows, as
// memory has it.
struct Place {
    int row, part;
};
__device__ __forceinline__ Place place_of_part(bool parts_first) {
    const int thread = static_cast<int>(threadIdx.x);
    if (parts_first) return {thread / kParts, thread % kParts};
    return {thread % kRowsAtOnce, thread / kRowsAtOnce};
}

template <typename Kind>
__device__ __forceinline__ Words words_of(const float* numbers) {
    Words words;
    ICCONV_UNROLL
    for (int i = 0; i < kPartWords; ++i) words.word[i] = word_of(Kind(), numbers + i * Kind::kPerWord);
    return words;
}

// A warp has 16 rows and so many subtiles of 8 columns.
template <int kRows>
constexpr int kSubtiles = kColumns / kSubtile * (kRows / 16) / (kThreads / kWarpLanes);
template <int kRows>
__device__ __forceinline__ int first_row() {
    return static_cast<int>(threadIdx.x) / kWarpLanes % (kRows / 16) * 16;
}
template <int kRows>
__device__ __forceinline__ int first_subtile() {
    return static_cast<int>(threadIdx.x) / kWarpLanes / (kRows / 16) * kSubtiles<kRows>;
}

// Adds a step's products. `used`: subtiles of the block that have columns.
template <typename Kind, int kRows>
__device__ __forceinline__ void multiply(const Pieces<kRows>& pieces, int turn, int used, float (&sum)[kSubtiles<kRows>][4]) {
    const int lane = static_cast<int>(threadIdx.x) % kWarpLanes, matrix = lane / 8, in_matrix = lane % 8;
    const int row = first_row<kRows>(), subtile = first_subtile<kRows>();
    ICCONV_UNROLL
    for (int part = 0; part < kParts; part += 2) {
        uint32_t a[4];
        load_matrices(a, pieces.a[turn][row + matrix % 2 * 8 + in_matrix][part + matrix / 2].word);
        ICCONV_UNROLL
        for (int j = 0; j < kSubtiles<kRows>; j += 2) {
            if (subtile + j >= used) continue;
            uint32_t b[4];
            load_matrices(b, pieces.b[turn][(subtile + j + matrix / 2) * kSubtile + in_matrix][part + matrix % 2].word);
            multiply_add(Kind(), sum[j], a, b[0], b[1]);
            multiply_add(Kind(), sum[j + 1], a, b[2], b[3]);
        }
    }
}

// Sums over all steps of `source`, which brings numbers of both multiplicands: load(a, b) for this step, then next() while there is one more.
template <typename Kind, int kRows, typename Source>
__device__ __forceinline__ void sum_up(Pieces<kRows>& pieces, Source& source, bool more, int used, float (&sum)[kSubtiles<kRows>][4]) {
    constexpr int kEach = kPartWords * Kind::kPerWord;
    const Place of_a = place_of_part(Source::kPartsFirstOfA), of_b = place_of_part(Source::kPartsFirstOfB);
    float a[kRows / kRowsAtOnce][kEach], b[kEach];
    if (more) source.load(a, b);
    for (int turn = 0; more; turn ^= 1) {
        ICCONV_UNROLL
        for (int i = 0; i < kRows / kRowsAtOnce; ++i) pieces.a[turn][of_a.row + kRowsAtOnce * i][of_a.part] = words_of<Kind>(a[i]);
        pieces.b[turn][of_b.row][of_b.part] = words_of<Kind>(b);
        __syncthreads();
        more = source.next();
        if (more) source.load(a, b);
        // The next step's numbers go where the step before this one was, which every thread has left behind at the barrier.
        multiply<Kind, kRows>(pieces, turn, used, sum);
    }
}

// Gives each sum of this thread with its row and column in the block.
template <int kRows, typename Take>
__device__ __forceinline__ void for_each_sum(const float (&sum)[kSubtiles<kRows>][4], Take take) {
    const int lane = static_cast<int>(threadIdx.x) % kWarpLanes;
    ICCONV_UNROLL
    for (int j = 0; j < kSubtiles<kRows>; ++j) {
        const int column = (first_subtile<kRows>() + j) * kSubtile + lane % 4 * 2;
        ICCONV_UNROLL
        for (int i = 0; i < 4; ++i) take(first_row<kRows>() + lane / 4 + i / 2 * 8, column + i % 2, sum[j][i]);
    }
}

__device__ __forceinline__ int used_subtiles(int columns) { return (columns + kSubtile - 1) / kSubtile; }

// Rows: output pixels; columns: a tile's channels; the reduction: taps, and of each the group's input channels.
template <typename Kind>
struct ForwardSource {
    static constexpr bool kPartsFirstOfA = true, kPartsFirstOfB = false;
    static constexpr int kEach = kPartWords * Kind::kPerWord, kTaken = kInceptionMmaRows / kRowsAtOnce;

    const float* __restrict__ x;
    const float* __restrict__ filter;
    const InceptionCudaShape& s;
    const InceptionCudaTile& tile;
    const int32_t group_c;
    // A pixel's channels lie at multiples of 16 bytes.
    const bool aligned;
    Pixel mine[kTaken];
    int32_t channel;
    int32_t tap = 0, c0 = 0;
    const float* from[kTaken];

    __device__ __forceinline__ ForwardSource(const float* x, const float* filter, const int32_t* order, const InceptionCudaTile& tile, uint32_t first_pixel,
                                             const InceptionCudaShape& s)
        : x(x), filter(filter), s(s), tile(tile), group_c(s.in_c / s.groups), aligned(group_c % 4 == 0) {
        const uint32_t pixels = static_cast<uint32_t>(s.batch) * s.out_h * s.out_w;
        ICCONV_UNROLL
        for (int i = 0; i < kTaken; ++i) mine[i] = pixel_at(first_pixel + place_of_part(true).row + kRowsAtOnce * i, pixels, s.out_h, s.out_w);
        const int column = place_of_part(false).row;
        channel = column < tile.count ? order[tile.first + column] : -1;
        find();
    }

    __device__ __forceinline__ void find() {
        ICCONV_UNROLL
        for (int i = 0; i < kTaken; ++i) {
            from[i] = input_pixel(x, s, mine[i], tap, tile.dilation_h, tile.dilation_w);
            if (from[i] != nullptr) from[i] += static_cast<int64_t>(tile.group) * group_c;
        }
    }

    __device__ __forceinline__ bool next() {
        c0 += kParts * kEach;
        if (c0 < group_c) return true;
        c0 = 0;
        if (++tap == s.kernel * s.kernel) return false;
        find();
        return true;
    }

    __device__ __forceinline__ void load(float (&a)[kTaken][kEach], float (&b)[kEach]) const {
        const int32_t first = c0 + place_of_part(true).part * kEach;
        ICCONV_UNROLL
        for (int i = 0; i < kTaken; ++i) {
            ICCONV_UNROLL
            for (int e = 0; e < kEach; e += 4) {
                const int32_t c = first + e;
                Four four = {{0, 0, 0, 0}};
                if (from[i] != nullptr) {
                    if (aligned) {
                        if (c < group_c) four = *reinterpret_cast<const Four*>(from[i] + c);
                    } else {
                        ICCONV_UNROLL
                        for (int n = 0; n < 4; ++n) four.number[n] = c + n < group_c ? from[i][c + n] : 0.0f;
                    }
                }
                ICCONV_UNROLL
                for (int n = 0; n < 4; ++n) a[i][e + n] = four.number[n];
            }
        }
        ICCONV_UNROLL
        for (int e = 0; e < kEach; ++e) {
            const int32_t c = c0 + place_of_part(false).part * kEach + e;
            b[e] = channel >= 0 && c < group_c ? filter[(static_cast<int64_t>(tap) * group_c + c) * s.out_c + channel] : 0.0f;
        }
    }
};

template <typename Kind>
__device__ __forceinline__ void forward(const float* __restrict__ x, const float* __restrict__ filter, const float* __restrict__ bias,
                                        const float* __restrict__ residual, float* __restrict__ y, const int32_t* __restrict__ order,
                                        const InceptionCudaTile* __restrict__ tiles, int32_t tile_count, const InceptionCudaShape& s, int32_t relu) {
    constexpr int kRows = kInceptionMmaRows;
    __shared__ Pieces<kRows> pieces;
    const InceptionCudaTile tile = tiles[blockIdx.x % tile_count];
    const uint32_t first_pixel = blockIdx.x / tile_count * kRows;
    const uint32_t pixels = static_cast<uint32_t>(s.batch) * s.out_h * s.out_w;
    ForwardSource<Kind> source(x, filter, order, tile, first_pixel, s);
    float sum[kSubtiles<kRows>][4] = {};
    sum_up<Kind, kRows>(pieces, source, true, used_subtiles(tile.count), sum);
    for_each_sum<kRows>(sum, [&](int row, int column, float value) {
        if (column >= tile.count || first_pixel + row >= pixels) return;
        const int32_t channel = order[tile.first + column];
        const int64_t at = static_cast<int64_t>(first_pixel + row) * s.out_c + channel;
        if (bias != nullptr) value += bias[channel];
        if (residual != nullptr) value += residual[at];
        // A NaN stays one.
        y[at] = relu && value < 0 ? 0.0f : value;
    });
}

// Rows: input pixels; columns: input channels of a group; the reduction: the group's tiles, their taps, and of each the tile's output channels.
template <typename Kind>
struct GradInputSource {
    static constexpr bool kPartsFirstOfA = true, kPartsFirstOfB = true;
    static constexpr int kEach = kPartWords * Kind::kPerWord, kTaken = kInceptionMmaRows / kRowsAtOnce;

    const float* __restrict__ dy;
    const float* __restrict__ filter;
    const int32_t* __restrict__ order;
    const InceptionCudaTile* __restrict__ tiles;
    const InceptionCudaShape& s;
    const int32_t group_c, end, c;
    Pixel mine[kTaken];
    InceptionCudaTile tile;
    int32_t t, tap = 0, k0 = 0;
    const float* from[kTaken];

    // Tiles [t, end), input channels of the group from first_c on.
    __device__ __forceinline__ GradInputSource(const float* dy, const float* filter, const int32_t* order, const InceptionCudaTile* tiles, int32_t t,
                                               int32_t end, int32_t first_c, uint32_t first_pixel, const InceptionCudaShape& s)
        : dy(dy), filter(filter), order(order), tiles(tiles), s(s), group_c(s.in_c / s.groups), end(end), c(first_c + place_of_part(true).row), t(t) {
        const uint32_t pixels = static_cast<uint32_t>(s.batch) * s.in_h * s.in_w;
        ICCONV_UNROLL
        for (int i = 0; i < kTaken; ++i) mine[i] = pixel_at(first_pixel + place_of_part(true).row + kRowsAtOnce * i, pixels, s.in_h, s.in_w);
        tile = tiles[t];
        find();
    }

    __device__ __forceinline__ void find() {
        ICCONV_UNROLL
        for (int i = 0; i < kTaken; ++i) from[i] = output_pixel(dy, s, mine[i], tap, tile.dilation_h, tile.dilation_w);
    }

    __device__ __forceinline__ bool next() {
        k0 += kParts * kEach;
        if (k0 < tile.count) return true;
        k0 = 0;
        if (++tap == s.kernel * s.kernel) {
            tap = 0;
            if (++t == end) return false;
            tile = tiles[t];
        }
        find();
        return true;
    }

    __device__ __forceinline__ void load(float (&a)[kTaken][kEach], float (&b)[kEach]) const {
        ICCONV_UNROLL
        for (int e = 0; e < kEach; ++e) {
            const int32_t k = k0 + place_of_part(true).part * kEach + e;
            const int32_t channel = k < tile.count ? order[tile.first + k] : -1;
            ICCONV_UNROLL
            for (int i = 0; i < kTaken; ++i) a[i][e] = from[i] != nullptr && channel >= 0 ? from[i][channel] : 0.0f;
            b[e] = channel >= 0 && c < group_c ? filter[(static_cast<int64_t>(tap) * group_c + c) * s.out_c + channel] : 0.0f;
        }
    }
};

// Rows: a group's input channels; columns: a tile's channels; the reduction: output pixels [p0, end).
template <typename Kind>
struct GradFilterSource {
    static constexpr bool kPartsFirstOfA = false, kPartsFirstOfB = false;
    static constexpr int kEach = kPartWords * Kind::kPerWord;

    const float* __restrict__ x;
    const float* __restrict__ dy;
    const InceptionCudaShape& s;
    const InceptionCudaTile& tile;
    const int32_t tap;
    // Of the map, or -1.
    int32_t in_channel, channel;
    uint32_t p0;
    const uint32_t end;

    __device__ __forceinline__ bool next() {
        p0 += kParts * kEach;
        return p0 < end;
    }

    __device__ __forceinline__ void load(float (&a)[1][kEach], float (&b)[kEach]) const {
        ICCONV_UNROLL
        for (int e = 0; e < kEach; ++e) {
            const uint32_t p = p0 + place_of_part(false).part * kEach + e;
            const float* const from = input_pixel(x, s, pixel_at(p, end, s.out_h, s.out_w), tap, tile.dilation_h, tile.dilation_w);
            a[0][e] = from != nullptr && in_channel >= 0 ? from[in_channel] : 0.0f;
            b[e] = p < end && channel >= 0 ? dy[static_cast<int64_t>(p) * s.out_c + channel] : 0.0f;
        }
    }
};

}  // namespace icconv

using namespace icconv;

// As icconv_inception_conv2d, with blocks of kInceptionMmaRows pixels.
#define ICCONV_FORWARD(name, Kind)                                                                                                        \
    extern "C" __global__ void __launch_bounds__(kThreads)                                                                                \
        name(const float* __restrict__ x, const float* __restrict__ filter, const float* __restrict__ bias, const float* __restrict__ residual, \
             float* __restrict__ y, const int32_t* __restrict__ order, const InceptionCudaTile* __restrict__ tiles, int32_t tile_count,      \
             InceptionCudaShape s, int32_t relu) {                                                                                        \
        forward<Kind>(x, filter, bias, residual, y, order, tiles, tile_count, s, relu);                                                   \
    }
ICCONV_FORWARD(icconv_inception_conv2d_tf32, Tf32)
ICCONV_FORWARD(icconv_inception_conv2d_float16, Float16)
ICCONV_FORWARD(icconv_inception_conv2d_bfloat16, Bfloat16)

// As icconv_inception_conv2d_grad_input, with blocks of kInceptionMmaRows pixels.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_inception_conv2d_grad_input_tf32(const float* __restrict__ dy, const float* __restrict__ filter, float* __restrict__ dx,
                                            const int32_t* __restrict__ order, const InceptionCudaTile* __restrict__ tiles,
                                            const int32_t* __restrict__ group_tiles, InceptionCudaShape s) {
    constexpr int kRows = kInceptionMmaRows;
    __shared__ Pieces<kRows> pieces;
    const int32_t group_c = s.in_c / s.groups;
    const int32_t parts = (group_c + kColumns - 1) / kColumns;
    const int32_t first_c = static_cast<int32_t>(blockIdx.x % parts) * kColumns;
    const int32_t group = static_cast<int32_t>(blockIdx.x / parts % s.groups);
    const uint32_t first_pixel = blockIdx.x / parts / s.groups * kRows;
    const uint32_t pixels = static_cast<uint32_t>(s.batch) * s.in_h * s.in_w;
    GradInputSource<Tf32> source(dy, filter, order, tiles, group_tiles[group], group_tiles[group + 1], first_c, first_pixel, s);
    float sum[kSubtiles<kRows>][4] = {};
    sum_up<Tf32, kRows>(pieces, source, true, used_subtiles(min(group_c - first_c, kColumns)), sum);
    for_each_sum<kRows>(sum, [&](int row, int column, float value) {
        if (first_pixel + row >= pixels || first_c + column >= group_c) return;
        dx[static_cast<int64_t>(first_pixel + row) * s.in_c + static_cast<int64_t>(group) * group_c + first_c + column] = value;
    });
}

// As icconv_inception_conv2d_grad_filter, with the same blocks.
extern "C" __global__ void __launch_bounds__(kThreads)
    icconv_inception_conv2d_grad_filter_tf32(const float* __restrict__ x, const float* __restrict__ dy, float* __restrict__ dfilter, float* partial,
                                             uint32_t* ended, const int32_t* __restrict__ order, const InceptionCudaTile* __restrict__ tiles,
                                             int32_t tile_count, int32_t splits, InceptionCudaShape s) {
    constexpr int kRows = kInceptionTile;
    __shared__ Pieces<kRows> pieces;
    __shared__ uint32_t before;
    const int32_t group_c = s.in_c / s.groups;
    const FilterPiece piece = filter_piece(s, tiles, tile_count, splits);
    const InceptionCudaTile& tile = piece.tile;
    const int32_t first_c = piece.first_c, tap = piece.tap;
    const uint32_t begin = piece.begin, end = piece.end;
    const int load_row = place_of_part(false).row;
    GradFilterSource<Tf32> source{x,
                                  dy,
                                  s,
                                  tile,
                                  tap,
                                  first_c + load_row < group_c ? tile.group * group_c + first_c + load_row : -1,
                                  load_row < tile.count ? order[tile.first + load_row] : -1,
                                  begin,
                                  end};
    float sum[kSubtiles<kRows>][4] = {};
    sum_up<Tf32, kRows>(pieces, source, begin < end, used_subtiles(tile.count), sum);

    const int64_t filter_size = static_cast<int64_t>(s.kernel) * s.kernel * group_c * s.out_c;
    float* const to = splits == 1 ? dfilter : partial + piece.split * filter_size;
    // Where a sum of the block stands in the filter, or -1.
    const auto place = [&](int row, int column) -> int64_t {
        if (column >= tile.count || first_c + row >= group_c) return -1;
        return (static_cast<int64_t>(tap) * group_c + first_c + row) * s.out_c + order[tile.first + column];
    };
    for_each_sum<kRows>(sum, [&](int row, int column, float value) {
        if (const int64_t at = place(row, column); at >= 0) to[at] = value;
    });
    if (splits == 1 || !is_last_block(&ended[piece.number], static_cast<uint32_t>(splits), &before)) return;
    for_each_sum<kRows>(sum, [&](int row, int column, float) {
        const int64_t at = place(row, column);
        if (at < 0) return;
        float total = 0;
        for (int32_t part = 0; part < splits; ++part) total += __ldcg(partial + part * filter_size + at);
        dfilter[at] = total;
    });
}
