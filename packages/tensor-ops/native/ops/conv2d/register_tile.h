// The register tile that does nearly all of the arithmetic: some pixels by one or two panels of 16 output channels. Weights come from
// memory, 16 channels after one another; inputs are broadcast. Both are words of 32 bits: a float, or what products_*.h makes of them. Included
// after a lanes_*.h and a products_*.h.
#ifndef ICCONV_OPS_CONV2D_REGISTER_TILE_H_
#define ICCONV_OPS_CONV2D_REGISTER_TILE_H_

#include <cstddef>

#include "ops/conv2d/job.h"

#if defined(__clang__)
#define ICCONV_UNROLL _Pragma("unroll")
#else
#define ICCONV_UNROLL _Pragma("GCC unroll 32")
#endif

namespace icconv {
namespace {

using conv2d_internal::kPanel;

// Words of so many numbers of the reduction.
inline int words(int numbers) { return (numbers + Products::kPerWord - 1) / Products::kPerWord; }

// Lines to be fetched into the caches meanwhile: every four steps of the reduction those at from + {0, second, third, second + third};
// `from` then moves by `step`, and after every sixteen steps of a run by `turn` too. As many lines from each place as a word has numbers.
struct Ahead {
    const float* from = nullptr;
    ptrdiff_t second, third, step, turn;
};

struct Tile {
    const float* input;  // Of the first pixel.
    ptrdiff_t input_stride;
    // The reduction: runs of this many neighbouring words; from the end of one to the beginning of the next it is run_steps[i] words.
    ptrdiff_t reduction;
    int runs = 1;
    const ptrdiff_t* run_steps = nullptr;
    const float* weights;  // [panels][..][16]
    ptrdiff_t panel_stride;
    float* y;
    ptrdiff_t y_stride;
    const float* bias;      // What the sums begin with; null: zero.
    const float* residual;  // Laid out as y; null: none.
    bool add;               // Sums begin with what y holds instead.
    bool relu;
    bool stream = false;  // Stores past the caches; y then lies at multiples of 64 bytes and every panel is whole.
    int last_channels;  // Of the last panel, 1 to 16.
    Ahead ahead{};  // Of the first panels only.
    // Two runs of weights to be fetched into the level-2 cache meanwhile, a line of each every four steps; null: none.
    const float* coming = nullptr;
    ptrdiff_t coming_second = 0;
};

// Fetches to write: the processor has them by the time the sums are done.
inline void prefetch_line(const float* p) { __builtin_prefetch(p, 1, 3); }

template <int kPixels, int kPanels>
void register_tile(const Tile& tile) {
    using V = Lanes::Vector;
    constexpr int kPanelVectors = kPanel / Lanes::kCount;
    constexpr int kVectors = kPanels * kPanelVectors;
    const ptrdiff_t y_stride = tile.y_stride;
    const bool whole = tile.last_channels == kPanel;
    V sum[kPixels][kVectors];
    if (tile.add && whole) {
        ICCONV_UNROLL
        for (int p = 0; p < kPixels; ++p) {
            ICCONV_UNROLL
            for (int v = 0; v < kVectors; ++v) sum[p][v] = Lanes::load(tile.y + p * y_stride + v * Lanes::kCount);
        }
    } else if (tile.bias != nullptr) {
        ICCONV_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            const V bias = Lanes::load(tile.bias + v * Lanes::kCount);
            ICCONV_UNROLL
            for (int p = 0; p < kPixels; ++p) sum[p][v] = bias;
        }
    } else {
        ICCONV_UNROLL
        for (int p = 0; p < kPixels; ++p) {
            ICCONV_UNROLL
            for (int v = 0; v < kVectors; ++v) sum[p][v] = Lanes::zero();
        }
    }
    if (!tile.add && !tile.stream) {
        ICCONV_UNROLL
        for (int p = 0; p < kPixels; ++p) {
            ICCONV_UNROLL
            for (int panel = 0; panel < kPanels; ++panel) prefetch_line(tile.y + p * y_stride + panel * kPanel);
        }
    }
    if (tile.residual != nullptr) {
        ICCONV_UNROLL
        for (int p = 0; p < kPixels; ++p) {
            ICCONV_UNROLL
            for (int panel = 0; panel < kPanels; ++panel) __builtin_prefetch(tile.residual + p * y_stride + panel * kPanel);
        }
    }

    // Three pixels from each pointer, at 0, 1 and 2 strides: what addressing modes and the general registers allow.
    constexpr int kPointers = (kPixels + 2) / 3;
    const float* from[kPointers];
    const ptrdiff_t input_stride = tile.input_stride;
    ICCONV_UNROLL
    for (int i = 0; i < kPointers; ++i) from[i] = tile.input + 3 * i * input_stride;
    const float* w = tile.weights;
    const ptrdiff_t panel_stride = tile.panel_stride;
    const auto step = [&](int k) __attribute__((always_inline)) {
        V weight[kVectors];
        ICCONV_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            weight[v] = Lanes::load(w + v / kPanelVectors * panel_stride + k * kPanel + v % kPanelVectors * Lanes::kCount);
        }
        ICCONV_UNROLL
        for (int p = 0; p < kPixels; ++p) {
            V x = Lanes::set1(from[p / 3][p % 3 * input_stride + k]);
            Lanes::pin(x);
            ICCONV_UNROLL
            for (int v = 0; v < kVectors; ++v) Products::add_to(sum[p][v], weight[v], x);
        }
    };
    const Ahead& ahead = tile.ahead;
    const float* from_ahead = ahead.from;
    const ptrdiff_t fourth = (tile.reduction + 4) & 12;
    // Where nothing is to come, lines that are there.
    const float* coming = tile.coming != nullptr ? tile.coming : tile.weights;
    const ptrdiff_t coming_second = tile.coming_second;
    for (int run = 0;;) {
        ptrdiff_t left = tile.reduction;
        for (; left >= 4; left -= 4) {
            if (from_ahead != nullptr) {
                ICCONV_UNROLL
                for (int line = 0; line < Products::kPerWord; ++line) {
                    const float* const at = from_ahead + line * 16;
                    __builtin_prefetch(at);
                    __builtin_prefetch(at + ahead.second);
                    __builtin_prefetch(at + ahead.third);
                    __builtin_prefetch(at + ahead.second + ahead.third);
                }
                from_ahead += ahead.step;
                if ((left & 12) == fourth) from_ahead += ahead.turn;
            }
            if (Lanes::kFetchesWeights) {
                __builtin_prefetch(coming, 0, 2);
                __builtin_prefetch(coming + coming_second, 0, 2);
                coming += kPanel;
            }
            // Hides from the compiler that the pointers are related: it would keep one and compute the others anew.
            ICCONV_UNROLL
            for (int i = 0; i < kPointers; ++i) asm("" : "+r"(from[i]));
            ICCONV_UNROLL
            for (int k = 0; k < 4; ++k) step(k);
            ICCONV_UNROLL
            for (int i = 0; i < kPointers; ++i) from[i] += 4;
            w += 4 * kPanel;
        }
        for (; left > 0; --left) {
            ICCONV_UNROLL
            for (int i = 0; i < kPointers; ++i) asm("" : "+r"(from[i]));
            step(0);
            ICCONV_UNROLL
            for (int i = 0; i < kPointers; ++i) from[i] += 1;
            w += kPanel;
        }
        if (++run == tile.runs) break;
        ICCONV_UNROLL
        for (int i = 0; i < kPointers; ++i) from[i] += tile.run_steps[run - 1];
    }

    if (whole) {
        if (tile.residual != nullptr) {
            ICCONV_UNROLL
            for (int p = 0; p < kPixels; ++p) {
                ICCONV_UNROLL
                for (int v = 0; v < kVectors; ++v) {
                    sum[p][v] = Lanes::add(sum[p][v], Lanes::load(tile.residual + p * y_stride + v * Lanes::kCount));
                }
            }
        }
        ICCONV_UNROLL
        for (int p = 0; p < kPixels; ++p) {
            ICCONV_UNROLL
            for (int v = 0; v < kVectors; ++v) {
                const V a = tile.relu ? Lanes::relu(sum[p][v]) : sum[p][v];
                float* const to = tile.y + p * y_stride + v * Lanes::kCount;
                if (tile.stream) {
                    Lanes::stream(to, a);
                } else {
                    Lanes::store(to, a);
                }
            }
        }
        return;
    }
    // The last panel has fewer channels than lanes; here `add` is done at the end.
    ICCONV_UNROLL
    for (int p = 0; p < kPixels; ++p) {
        ICCONV_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            const int channels_left = (kPanels - 1) * kPanel + tile.last_channels - v * Lanes::kCount;
            const int n = channels_left < 0 ? 0 : (channels_left < Lanes::kCount ? channels_left : Lanes::kCount);
            if (n == 0) continue;
            V a = sum[p][v];
            if (tile.add) a = Lanes::add(a, Lanes::load_first(tile.y + p * y_stride + v * Lanes::kCount, n));
            if (tile.residual != nullptr) a = Lanes::add(a, Lanes::load_first(tile.residual + p * y_stride + v * Lanes::kCount, n));
            Lanes::store_first(tile.y + p * y_stride + v * Lanes::kCount, n, tile.relu ? Lanes::relu(a) : a);
        }
    }
}

using RegisterTile = void (*)(const Tile&);

struct RegisterTiles {
    RegisterTile run[Lanes::kTilePanels][Lanes::kTilePixels];
};

template <int kPixels, int kPanels>
constexpr void fill_register_tiles(RegisterTiles& tiles) {
    tiles.run[kPanels - 1][kPixels - 1] = register_tile<kPixels, kPanels>;
    if constexpr (kPixels > 1) {
        fill_register_tiles<kPixels - 1, kPanels>(tiles);
    } else if constexpr (kPanels > 1) {
        fill_register_tiles<Lanes::kTilePixels, kPanels - 1>(tiles);
    }
}

inline const RegisterTiles& register_tiles() {
    static const RegisterTiles tiles = [] {
        RegisterTiles all{};
        fill_register_tiles<Lanes::kTilePixels, Lanes::kTilePanels>(all);
        return all;
    }();
    return tiles;
}

// Panels of weights that are wanted next, fetched in pieces while others are multiplied: where weights come from memory, that takes as long as a
// fifth of the arithmetic.
class ComingWeights {
public:
    ComingWeights() = default;
    // `panels` of so many words, `panel_stride` apart, within the time of `tiles` tiles of pixels by as many panels of the same length.
    ComingWeights(const float* first, ptrdiff_t panel_stride, int panels, ptrdiff_t words, int tiles)
        : next_(first), panel_stride_(panel_stride), quarter_(words / 4 * kPanel), parts_(tiles < 4 ? 2 : 4), left_(panels * parts_) {}

    // Gives a tile its piece.
    void assign(Tile& tile) {
        if (left_ == 0) {
            tile.coming = nullptr;
            tile.coming_second = 0;
            return;
        }
        const ptrdiff_t piece = parts_ == 2 ? 2 * quarter_ : quarter_;
        tile.coming = next_ + part_ * piece;
        tile.coming_second = piece - quarter_;
        --left_;
        if (++part_ == parts_) {
            part_ = 0;
            next_ += panel_stride_;
        }
    }

private:
    const float* next_ = nullptr;
    ptrdiff_t panel_stride_ = 0;
    ptrdiff_t quarter_ = 0;
    int parts_ = 0;
    int part_ = 0;
    int left_ = 0;
};

// Runs `tile` for `pixels` pixels, at most kTilePixels, and panels [0, panels); last_channels is that of the last panel.
inline void run_panels(Tile tile, int pixels, int panels, ComingWeights* coming = nullptr) {
    const RegisterTiles& tiles = register_tiles();
    const int last_channels = tile.last_channels;
    for (int panel = 0; panel < panels;) {
        const int taken = panels - panel < Lanes::kTilePanels ? panels - panel : Lanes::kTilePanels;
        tile.last_channels = panel + taken == panels ? last_channels : kPanel;
        if (Lanes::kFetchesWeights && coming != nullptr) coming->assign(tile);
        tiles.run[taken - 1][pixels - 1](tile);
        tile.ahead.from = nullptr;
        tile.weights += taken * tile.panel_stride;
        tile.y += taken * kPanel;
        if (tile.bias != nullptr) tile.bias += taken * kPanel;
        if (tile.residual != nullptr) tile.residual += taken * kPanel;
        panel += taken;
    }
}

inline int tiles_of(int pixels) { return (pixels + Lanes::kTilePixels - 1) / Lanes::kTilePixels; }

// Calls run(begin, count) for tiles of [0, pixels), of about equal size: a small one at the end would leave the arithmetic units waiting.
template <class Run>
inline void for_tiles(int pixels, Run run) {
    const int parts = tiles_of(pixels);
    for (int part = 0; part < parts; ++part) {
        const int begin = static_cast<int>(static_cast<long>(pixels) * part / parts);
        run(begin, static_cast<int>(static_cast<long>(pixels) * (part + 1) / parts) - begin);
    }
}

}  // namespace
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_REGISTER_TILE_H_
