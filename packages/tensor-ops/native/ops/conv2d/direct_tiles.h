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

// What a call of tile_sums() needs: tiles of the reduction, of which the last of the weights may lie elsewhere, filled up with zeros.
struct TileProduct {
    const Products::Number* input;
    ptrdiff_t input_stride;  // Bytes.
    const float* weights;
    ptrdiff_t panel_stride;  // Floats.
    int whole;
    const float* rest;  // [panels][16][16]; null: none.
    float* sums;        // [pixels][panels][16], of which panels are two.
};

// Sums of kRows * 16 pixels by kPanels panels.
template <int kRows, int kPanels>
void tile_sums(const TileProduct& product) {
    const Products::Number* const low = product.input;
    const Products::Number* const high = low + kTileRows * product.input_stride / sizeof(Products::Number);
    const auto step = [&](int tile, const float* first, const float* second) __attribute__((always_inline)) {
        _tile_loadd(4, low + tile * kTileNumbers, product.input_stride);
        _tile_loadd(6, first, 64);
        _tile_dpbf16ps(0, 4, 6);
        if constexpr (kPanels > 1) {
            _tile_loadd(7, second, 64);
            _tile_dpbf16ps(1, 4, 7);
        }
        if constexpr (kRows > 1) {
            _tile_loadd(5, high + tile * kTileNumbers, product.input_stride);
            _tile_dpbf16ps(2, 5, 6);
            if constexpr (kPanels > 1) _tile_dpbf16ps(3, 5, 7);
        }
    };
    _tile_zero(0);
    if constexpr (kPanels > 1) _tile_zero(1);
    if constexpr (kRows > 1) _tile_zero(2);
    if constexpr (kRows > 1 && kPanels > 1) _tile_zero(3);
    const float* weights = product.weights;
    for (int tile = 0; tile < product.whole; ++tile, weights += kTileFloats) step(tile, weights, weights + product.panel_stride);
    if (product.rest != nullptr) step(product.whole, product.rest, product.rest + kTileFloats);
    constexpr int kRowBytes = 2 * kPanel * sizeof(float);
    float* const sums = product.sums;
    _tile_stored(0, sums, kRowBytes);
    if constexpr (kPanels > 1) _tile_stored(1, sums + kPanel, kRowBytes);
    if constexpr (kRows > 1) _tile_stored(2, sums + 2 * kTileFloats, kRowBytes);
    if constexpr (kRows > 1 && kPanels > 1) _tile_stored(3, sums + 2 * kTileFloats + kPanel, kRowBytes);
}

// Where sums of a pair of panels go; all of them at the first pixel and channel.
struct TileResults {
    float* y;
    const float* residual;  // Or null.
    ptrdiff_t stride;
    const float* bias;
    int panels;         // 1 or 2.
    int last_channels;  // Of the last panel.
    bool relu, stream;

    // Lines of the next pixels, which products hide the way of.
    void fetch(int pixels) const {
        for (int p = 0; p < pixels; ++p) {
            for (int panel = 0; panel < panels; ++panel) {
                if (residual != nullptr) __builtin_prefetch(residual + p * stride + panel * kPanel);
                if (!stream) __builtin_prefetch(y + p * stride + panel * kPanel, 1, 3);
            }
        }
    }

    void store(const float* sums, int pixels) const {
        for (int panel = 0; panel < panels; ++panel) {
            const Lanes::Vector start = Lanes::load(bias + panel * kPanel);
            const int channels = panel + 1 == panels ? last_channels : kPanel;
            const ptrdiff_t at = panel * kPanel;
            for (int p = 0; p < pixels; ++p) {
                Lanes::Vector a = Lanes::add(Lanes::load(sums + p * 2 * kPanel + at), start);
                float* const to = y + p * stride + at;
                if (channels < kPanel) {
                    if (residual != nullptr) a = Lanes::add(a, Lanes::load_first(residual + p * stride + at, channels));
                    Lanes::store_first(to, channels, relu ? Lanes::relu(a) : a);
                    continue;
                }
                if (residual != nullptr) a = Lanes::add(a, Lanes::load(residual + p * stride + at));
                if (relu) a = Lanes::relu(a);
                if (stream) {
                    Lanes::stream(to, a);
                } else {
                    Lanes::store(to, a);
                }
            }
        }
    }
};

inline int padded_pixels(const Job& job, const Task& task) {
    const int pixels = static_cast<int>(task.end - task.begin < job.pixel_step ? task.end - task.begin : job.pixel_step);
    return (pixels + kTileRows - 1) / kTileRows * kTileRows;
}

size_t direct_workspace(const Job& job, const Task& task) {
    // Sums, the rest of a pair of panels, and rows, of which the last, too, is written in whole vectors.
    const size_t rows = static_cast<size_t>(padded_pixels(job, task)) * row_stride(tiles_of(job.shape.reduction()) * kTileNumbers) + kPanel;
    return (4 * kTileFloats + 2 * kTileFloats + rows) * sizeof(float);
}

void direct(const Job& job, const Task& task, void* workspace) {
    const Shape& shape = job.shape;
    const int reduction = shape.reduction();
    const int filled = tiles_of(reduction) * kTileNumbers;
    const int whole = reduction / kTileNumbers;
    const ptrdiff_t panel_stride = static_cast<ptrdiff_t>((reduction + Products::kPerWord - 1) / Products::kPerWord) * kPanel;
    const ptrdiff_t first_panel = static_cast<ptrdiff_t>(task.block) * shape.panels();
    const bool streams = streams_results(job);
    float* const sums = static_cast<float*>(workspace);
    float* const rest = sums + 4 * kTileFloats;
    auto* const rows = reinterpret_cast<Products::Number*>(rest + 2 * kTileFloats);
    const ptrdiff_t stride = row_stride(filled) * Products::kPerWord;
    const Gather gather(job, task.block, 0, reduction);
    const TileRegisters registers;

    for (long pixel = task.begin; pixel < task.end; pixel += job.pixel_step) {
        const int count = static_cast<int>(task.end - pixel < job.pixel_step ? task.end - pixel : job.pixel_step);
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
            const ptrdiff_t channel = static_cast<ptrdiff_t>(task.block) * shape.block_out + panel * kPanel;
            const int channels = shape.block_out - (panel + panels - 1) * kPanel;
            TileResults results = {job.y + pixel * shape.out_c + channel,
                                   job.residual != nullptr ? job.residual + pixel * shape.out_c + channel : nullptr,
                                   shape.out_c,
                                   job.bias + (first_panel + panel) * kPanel,
                                   panels,
                                   min_of(kPanel, channels),
                                   job.relu,
                                   streams};
            TileProduct product = {rows, stride * static_cast<ptrdiff_t>(sizeof(Products::Number)), weights, panel_stride, whole,
                                   filled > reduction ? rest : nullptr, sums};
            finish_stores();
            for (int p = 0; p < count; p += kTilePixels) {
                const int pixels = min_of(kTilePixels, count - p);
                results.fetch(pixels);
                if (panels == 2) {
                    pixels > kTileRows ? tile_sums<2, 2>(product) : tile_sums<1, 2>(product);
                } else {
                    pixels > kTileRows ? tile_sums<2, 1>(product) : tile_sums<1, 1>(product);
                }
                results.store(sums, pixels);
                product.input += kTilePixels * stride;
                results.y += kTilePixels * results.stride;
                if (results.residual != nullptr) results.residual += kTilePixels * results.stride;
            }
        }
    }
    if (streams) Lanes::finish_streams();
}

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_DIRECT_TILES_H_
