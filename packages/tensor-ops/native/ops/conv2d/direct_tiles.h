// Direct convolution by AMX: its tile registers hold 16 rows of 64 bytes, and one instruction multiplies 16 pixels by 32 numbers of the
// reduction with those numbers by 16 channels. A panel's words of the reduction are such a tile of weights as they lie. Included after
// lanes_avx512.h and products_bfloat16.h, by files compiled for AMX.
#ifndef ICCONV_OPS_CONV2D_DIRECT_TILES_H_
#define ICCONV_OPS_CONV2D_DIRECT_TILES_H_

#include <cstdint>
#include <cstring>

#include "ops/conv2d/gather.h"

namespace icconv {
namespace {

using conv2d_internal::Job;
using conv2d_internal::kPanel;
using conv2d_internal::Shape;
using conv2d_internal::Task;

constexpr int kTileRows = 16;
constexpr int kTileNumbers = 32;
// Pixels of the 2 x 2 tiles of sums, 2 of inputs and 2 of weights that make up the eight registers.
constexpr int kTilePixels = 2 * kTileRows;
constexpr int kTileFloats = kTileRows * kPanel;

struct TileConfig {
    uint8_t palette = 1;
    uint8_t start_row = 0;
    uint8_t reserved[14] = {};
    uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {kTileRows, kTileRows, kTileRows, kTileRows, kTileRows, kTileRows, kTileRows, kTileRows};
};
alignas(64) constexpr TileConfig kTileConfig;

// Tile registers are given back, since what they hold makes a change of threads slow.
class TileRegisters {
public:
    TileRegisters() { _tile_loadconfig(&kTileConfig); }
    ~TileRegisters() { _tile_release(); }
    TileRegisters(const TileRegisters&) = delete;
    TileRegisters& operator=(const TileRegisters&) = delete;
};

// The compilers do not know that tiles are loaded from what was stored before.
inline void finish_stores() { asm volatile("" ::: "memory"); }

inline int tiles_of(int numbers) { return (numbers + kTileNumbers - 1) / kTileNumbers; }

// What sums of a pair of panels are made of: runs of whole tiles of the reduction, and a tile that is filled up with zeros.
struct TileProduct {
    const Products::Number* input;  // Of the first pixel.
    ptrdiff_t input_stride;
    const ptrdiff_t* runs;  // Where each begins, from `input`.
    int run_count;
    int run_tiles;
    const float* weights;  // [panels][tiles][16][16]
    ptrdiff_t panel_stride;
    const float* rest;  // Weights of the last tile, [panels][16][16]; null: there is none.
    float* sums;        // [pixels][2 panels][16]
};

// Sums of kRows * 16 pixels by kPanels panels.
template <int kRows, int kPanels>
void tile_sums(const TileProduct& product) {
    const ptrdiff_t stride = product.input_stride * static_cast<ptrdiff_t>(sizeof(Products::Number));
    const auto step = [&](const Products::Number* from, const float* first, const float* second) __attribute__((always_inline)) {
        _tile_loadd(4, from, stride);
        _tile_loadd(6, first, 64);
        _tile_dpbf16ps(0, 4, 6);
        if constexpr (kPanels > 1) {
            _tile_loadd(7, second, 64);
            _tile_dpbf16ps(1, 4, 7);
        }
        if constexpr (kRows > 1) {
            _tile_loadd(5, from + kTileRows * product.input_stride, stride);
            _tile_dpbf16ps(2, 5, 6);
            if constexpr (kPanels > 1) _tile_dpbf16ps(3, 5, 7);
        }
    };
    _tile_zero(0);
    if constexpr (kPanels > 1) _tile_zero(1);
    if constexpr (kRows > 1) _tile_zero(2);
    if constexpr (kRows > 1 && kPanels > 1) _tile_zero(3);
    const float* weights = product.weights;
    for (int run = 0; run < product.run_count; ++run) {
        const Products::Number* from = product.input + product.runs[run];
        for (int tile = 0; tile < product.run_tiles; ++tile, from += kTileNumbers, weights += kTileFloats) {
            step(from, weights, weights + product.panel_stride);
        }
    }
    if (product.rest != nullptr) {
        step(product.input + product.runs[product.run_count - 1] + product.run_tiles * kTileNumbers, product.rest, product.rest + kTileFloats);
    }
    constexpr int kRowBytes = 2 * kPanel * sizeof(float);
    float* const sums = product.sums;
    _tile_stored(0, sums, kRowBytes);
    if constexpr (kPanels > 1) _tile_stored(1, sums + kPanel, kRowBytes);
    if constexpr (kRows > 1) _tile_stored(2, sums + 2 * kTileFloats, kRowBytes);
    if constexpr (kRows > 1 && kPanels > 1) _tile_stored(3, sums + 2 * kTileFloats + kPanel, kRowBytes);
}

inline void tile_sums(const TileProduct& product, int pixels, int panels) {
    if (panels == 2) {
        pixels > kTileRows ? tile_sums<2, 2>(product) : tile_sums<1, 2>(product);
    } else {
        pixels > kTileRows ? tile_sums<2, 1>(product) : tile_sums<1, 1>(product);
    }
}

// Where sums of a pair of panels go. `y` and `residual` are at the first channel of the first pixel of the map.
struct TileResults {
    TileResults(const Job& job, int block, int first, int count)
        : stride(job.shape.out_c), bias(job.bias + (static_cast<ptrdiff_t>(block) * job.shape.panels() + first) * kPanel), panels(count), relu(job.relu) {
        const Shape& shape = job.shape;
        const ptrdiff_t channel = static_cast<ptrdiff_t>(block) * shape.block_out + first * kPanel;
        y = job.y + channel;
        residual = job.residual != nullptr ? job.residual + channel : nullptr;
        last_channels = min_of(kPanel, shape.block_out - (first + count - 1) * kPanel);
        stream = streams_results(job);
    }
    // Of `count` channels among `stride`: those after y, or y[channels[0]], y[channels[1]], ...
    TileResults(float* first, const int* at, ptrdiff_t among, const float* start, int count, bool positive)
        : y(first), residual(nullptr), channels(at), stride(among), bias(start), panels((count + kPanel - 1) / kPanel),
          last_channels(count - (panels - 1) * kPanel), relu(positive), stream(false) {}

    float* y;
    const float* residual;          // Or null.
    const int* channels = nullptr;  // Null where they follow one another.
    ptrdiff_t stride;
    const float* bias;
    int panels;         // 1 or 2.
    int last_channels;  // Of the last panel.
    bool relu, stream;

    // The lines of pixels [pixel, pixel + count), for whose way products take long enough.
    void fetch(long pixel, int count) const {
        if (channels != nullptr) return;
        for (ptrdiff_t at = pixel * stride; count > 0; --count, at += stride) {
            for (int panel = 0; panel < panels; ++panel) {
                if (residual != nullptr) __builtin_prefetch(residual + at + panel * kPanel);
                if (!stream) __builtin_prefetch(y + at + panel * kPanel, 1, 3);
            }
        }
    }

    void store(const float* sums, long pixel, int count) const {
        for (int panel = 0; panel < panels; ++panel) {
            const Lanes::Vector start = Lanes::load(bias + panel * kPanel);
            const int used = panel + 1 == panels ? last_channels : kPanel;
            ptrdiff_t at = pixel * stride + panel * kPanel;
            for (int p = 0; p < count; ++p, at += stride) {
                Lanes::Vector a = Lanes::add(Lanes::load(sums + (p * 2 + panel) * kPanel), start);
                if (channels != nullptr) {
                    Lanes::scatter_first(y + (pixel + p) * stride, channels + panel * kPanel, used, relu ? Lanes::relu(a) : a);
                    continue;
                }
                if (used < kPanel) {
                    if (residual != nullptr) a = Lanes::add(a, Lanes::load_first(residual + at, used));
                    Lanes::store_first(y + at, used, relu ? Lanes::relu(a) : a);
                    continue;
                }
                if (residual != nullptr) a = Lanes::add(a, Lanes::load(residual + at));
                if (relu) a = Lanes::relu(a);
                if (stream) {
                    Lanes::stream(y + at, a);
                } else {
                    Lanes::store(y + at, a);
                }
            }
        }
    }
};

// Floats for the sums and the rest of a pair of panels.
constexpr int kScratchFloats = (4 + 2) * kTileFloats;

// Words of a panel.
inline ptrdiff_t panel_floats(const Shape& shape) {
    return static_cast<ptrdiff_t>((shape.reduction() + Products::kPerWord - 1) / Products::kPerWord) * kPanel;
}

// The gathered form: rows of what some pixels see.
inline int gathered_pixels(const Job& job, const Task& task) {
    const int pixels = static_cast<int>(task.end - task.begin < job.step ? task.end - task.begin : job.step);
    return (pixels + kTileRows - 1) / kTileRows * kTileRows;
}

inline size_t gathered_workspace(const Job& job, const Task& task) {
    // The last row, too, is written in whole vectors.
    const size_t rows = static_cast<size_t>(gathered_pixels(job, task)) * row_stride(tiles_of(job.shape.reduction()) * kTileNumbers) + kPanel;
    return (kScratchFloats + rows) * sizeof(float);
}

inline void gathered(const Job& job, const Task& task, float* scratch) {
    const Shape& shape = job.shape;
    const int reduction = shape.reduction();
    const int filled = tiles_of(reduction) * kTileNumbers;
    const int whole = reduction / kTileNumbers;
    const ptrdiff_t panel_stride = panel_floats(shape);
    const ptrdiff_t first_panel = static_cast<ptrdiff_t>(task.block) * shape.panels();
    float* const sums = scratch;
    float* const rest = sums + 4 * kTileFloats;
    auto* const rows = reinterpret_cast<Products::Number*>(scratch + kScratchFloats);
    const ptrdiff_t stride = row_stride(filled) * Products::kPerWord;
    const Gather gather(job, task.block, 0, reduction);
    const ptrdiff_t run = 0;

    for (long pixel = task.begin; pixel < task.end; pixel += job.step) {
        const int count = static_cast<int>(task.end - pixel < job.step ? task.end - pixel : job.step);
        gather.rows(pixel, pixel + count, rows, stride);
        for (int p = 0; filled > reduction && p < count; ++p) zero_floats(rows + p * stride + reduction, filled - reduction);
        for (int panel = task.panel0; panel < task.panel1; panel += 2) {
            const int panels = min_of(2, task.panel1 - panel);
            const float* const weights = job.weights + (first_panel + panel) * panel_stride;
            if (filled > reduction) {
                const ptrdiff_t left = panel_stride - whole * kTileFloats;
                for (int i = 0; i < panels; ++i) {
                    float* const to = rest + i * kTileFloats;
                    std::memcpy(to, weights + i * panel_stride + whole * kTileFloats, left * sizeof(float));
                    std::memset(to + left, 0, (kTileFloats - left) * sizeof(float));
                }
            }
            const TileResults results(job, task.block, panel, panels);
            TileProduct product = {rows, stride, &run, 1, whole, weights, panel_stride, filled > reduction ? rest : nullptr, sums};
            finish_stores();
            for (int p = 0; p < count; p += kTilePixels) {
                const int pixels = min_of(kTilePixels, count - p);
                results.fetch(pixel + p, pixels);
                tile_sums(product, pixels, panels);
                results.store(sums, pixel + p, pixels);
                product.input += kTilePixels * stride;
            }
        }
    }
}

// The form of planes: inputs of some rows of results, once, from where tiles of every tap are loaded. Steps of the strides lie in planes of
// their own, [stride_h][stride_w][rows][columns][channels], so that neighbours among results have neighbouring inputs. Tiles run on over
// the ends of rows; what they find there goes nowhere.
class Planes {
public:
    Planes(const Shape& shape, int rows)
        : shape_(shape), out_rows_(rows), rows_(rows + (shape.kernel_h - 1) * shape.dilation_h / shape.stride_h),
          columns_(plane_columns(shape)), stride_(row_stride(shape.block_in) * Products::kPerWord) {}

    // Of a place, from one to the next.
    ptrdiff_t stride() const { return stride_; }
    // Numbers, with what the last tile reads past the end.
    size_t size() const { return (static_cast<size_t>(shape_.stride_h) * shape_.stride_w * rows_ * columns_ + kTilePixels) * stride_; }

    // Where the inputs of every tap begin, of dilations up to the shape's, about the same middle.
    void taps(int dilation_h, int dilation_w, ptrdiff_t* to) const {
        const int first_t = (shape_.kernel_h - 1) * (shape_.dilation_h - dilation_h) / 2;
        const int first_s = (shape_.kernel_w - 1) * (shape_.dilation_w - dilation_w) / 2;
        for (int u = 0; u < shape_.kernel_h; ++u) {
            for (int v = 0; v < shape_.kernel_w; ++v) *to++ = place(first_t + u * dilation_h, first_s + v * dilation_w);
        }
    }

    // x: the block's first channel of the image. first: of the rows of results.
    void fill(const float* x, int first, Products::Number* to) const {
        const int tall = (out_rows_ - 1) * shape_.stride_h + (shape_.kernel_h - 1) * shape_.dilation_h + 1;
        const int wide = (shape_.out_w - 1) * shape_.stride_w + (shape_.kernel_w - 1) * shape_.dilation_w + 1;
        for (int t = 0; t < tall; ++t) {
            const int ih = first * shape_.stride_h - shape_.pad_h + t;
            const float* const row = x + (static_cast<ptrdiff_t>(ih) * shape_.in_w - shape_.pad_w) * shape_.in_c;
            for (int s = 0; s < wide; ++s) {
                const int iw = s - shape_.pad_w;
                Products::Number* const at = to + place(t, s);
                if (ih >= 0 && ih < shape_.in_h && iw >= 0 && iw < shape_.in_w) {
                    copy_floats(at, row + static_cast<ptrdiff_t>(s) * shape_.in_c, shape_.block_in);
                } else {
                    zero_floats(at, shape_.block_in);
                }
            }
        }
    }

    // Where the input of the first result and (t, s) of the padded map lies.
    ptrdiff_t place(int t, int s) const {
        const int plane = t % shape_.stride_h * shape_.stride_w + s % shape_.stride_w;
        return ((static_cast<ptrdiff_t>(plane) * rows_ + t / shape_.stride_h) * columns_ + s / shape_.stride_w) * stride_;
    }

    // Makes the results of the rows, which are row, row + 1, ... of all images. product: at the first result.
    void products(TileProduct product, long row, const TileResults& results) const {
        const int places = (out_rows_ - 1) * columns_ + shape_.out_w;
        // Calls run(offset in the tile, pixel, count) for the results among `count` places from `place` on.
        const auto for_results = [&](int place, int count, auto run) {
            for (int done = 0; done < count;) {
                const int column = (place + done) % columns_;
                const int taken = min_of(count - done, columns_ - column);
                const int live = min_of(taken, shape_.out_w - column);
                if (live > 0) run(done, (row + (place + done) / columns_) * shape_.out_w + column, live);
                done += taken;
            }
        };
        finish_stores();
        for (int place = 0; place < places; place += kTilePixels) {
            const int count = min_of(kTilePixels, places - place);
            for_results(place, count, [&](int, long pixel, int live) { results.fetch(pixel, live); });
            tile_sums(product, count, results.panels);
            for_results(place, count, [&](int at, long pixel, int live) { results.store(product.sums + at * 2 * kPanel, pixel, live); });
            product.input += kTilePixels * stride_;
        }
    }

private:
    const Shape& shape_;
    int out_rows_, rows_, columns_;
    ptrdiff_t stride_;
};

inline int most_rows(const Shape& shape, const Task& task) {
    return static_cast<int>(task.end - task.begin < shape.out_h ? task.end - task.begin : shape.out_h);
}

inline size_t planes_workspace(const Shape& shape, const Task& task) {
    return kScratchFloats * sizeof(float) + Planes(shape, most_rows(shape, task)).size() * sizeof(Products::Number) +
           static_cast<size_t>(shape.kernel_h) * shape.kernel_w * sizeof(ptrdiff_t);
}

// Calls run(planes, row, inputs, taps) for the rows of each image that a task has; taps: room for them, behind the inputs.
template <class Run>
inline void for_planes(const Shape& shape, const Task& task, const float* x, float* scratch, Run run) {
    auto* const inputs = reinterpret_cast<Products::Number*>(scratch + kScratchFloats);
    auto* const taps = reinterpret_cast<ptrdiff_t*>(inputs + Planes(shape, most_rows(shape, task)).size());
    int rows = 0;
    for (long row = task.begin; row < task.end; row += rows) {
        const long image = row / shape.out_h;
        const int first = static_cast<int>(row % shape.out_h);
        rows = static_cast<int>(task.end - row < shape.out_h - first ? task.end - row : shape.out_h - first);
        const Planes planes(shape, rows);
        planes.fill(x + image * shape.in_h * shape.in_w * shape.in_c + static_cast<ptrdiff_t>(task.block) * shape.block_in, first, inputs);
        run(planes, row, inputs, taps);
    }
}

inline void by_planes(const Job& job, const Task& task, float* scratch) {
    const Shape& shape = job.shape;
    const ptrdiff_t panel_stride = panel_floats(shape);
    const ptrdiff_t first_panel = static_cast<ptrdiff_t>(task.block) * shape.panels();
    for_planes(shape, task, job.x, scratch, [&](const Planes& planes, long row, const Products::Number* inputs, ptrdiff_t* taps) {
        planes.taps(shape.dilation_h, shape.dilation_w, taps);
        for (int panel = task.panel0; panel < task.panel1; panel += 2) {
            const TileResults results(job, task.block, panel, min_of(2, task.panel1 - panel));
            planes.products({inputs, planes.stride(), taps, shape.kernel_h * shape.kernel_w, shape.block_in / kTileNumbers,
                             job.weights + (first_panel + panel) * panel_stride, panel_stride, nullptr, scratch},
                            row, results);
        }
    });
}

inline size_t direct_workspace(const Job& job, const Task& task) {
    return job.planes ? planes_workspace(job.shape, task) : gathered_workspace(job, task);
}

inline void direct(const Job& job, const Task& task, void* workspace) {
    const TileRegisters registers;
    float* const scratch = static_cast<float*>(workspace);
    job.planes ? by_planes(job, task, scratch) : gathered(job, task, scratch);
    if (streams_results(job)) Lanes::finish_streams();
}

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_DIRECT_TILES_H_
