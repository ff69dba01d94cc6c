// Lays a filter out for the kernels, once for many calls.
#include "ops/conv2d/packed.h"

#include <algorithm>
#include <cstring>

#include "common/bfloat16.h"
#include "ops/conv2d/winograd_filter.h"

namespace icconv {
namespace {

using conv2d_internal::Blocks;
using conv2d_internal::kHeader;
using conv2d_internal::kPanel;
using conv2d_internal::kWinogradPoints;
using conv2d_internal::numbers_per_word;
using conv2d_internal::PackedForms;
using conv2d_internal::read_filter;

// Any number that a float holds exactly and that is unlikely to begin a filter.
constexpr float kMagic = 12206661.0f;
// Below this Winograd's transforms cost more than its products save.
constexpr int kWinogradLeastChannels = 16;

PackedForms forms_of(const Conv2DFilter& filter, Conv2DAlgorithm algorithm) {
    const bool gains = conv2d_has_winograd(filter) && filter.in_c >= kWinogradLeastChannels && filter.out_c >= kWinogradLeastChannels;
    switch (algorithm) {
        case Conv2DAlgorithm::kDirect:
            return PackedForms(filter, true, false);
        case Conv2DAlgorithm::kWinograd:
            return PackedForms(filter, false, true);
        default:
            return PackedForms(filter, true, gains);
    }
}

// Weight of tap `tap` from input channel i to output channel o of a block; zero between merged groups and past the last channel.
float weight_at(const Conv2DFilter& filter, const Blocks& blocks, const float* hwio, int block, int tap, int i, int o) {
    const int group_in = filter.in_c / filter.groups;
    const int group_out = filter.out_c / filter.groups;
    if (o >= blocks.out || i / group_in != o / group_out) return 0;
    return hwio[(static_cast<size_t>(tap) * group_in + i % group_in) * filter.out_c + static_cast<size_t>(block) * blocks.out + o];
}

// Weight of the k-th number of the reduction for channel n of a panel [words][16].
void put_weight(Precision precision, float* panel, int k, int n, float value) {
    if (precision == Precision::kFloat32) {
        panel[static_cast<size_t>(k) * kPanel + n] = value;
        return;
    }
    const uint16_t number = to_bfloat16(value);
    std::memcpy(reinterpret_cast<char*>(panel + static_cast<size_t>(k / 2) * kPanel + n) + k % 2 * sizeof(number), &number, sizeof(number));
}

void pack_direct_panel(const Conv2DFilter& filter, const Blocks& blocks, const float* hwio, int block, int panel, float* to) {
    const int taps = filter.kernel_h * filter.kernel_w;
    int k = 0;
    for (int tap = 0; tap < taps; ++tap) {
        for (int i = 0; i < blocks.in; ++i, ++k) {
            for (int n = 0; n < kPanel; ++n) put_weight(filter.precision, to, k, n, weight_at(filter, blocks, hwio, block, tap, i, panel * kPanel + n));
        }
    }
}

// Rows [begin, end) of the reduction without groups, which are read one after another.
void pack_direct_rows(const Conv2DFilter& filter, const float* hwio, size_t rows, size_t begin, size_t end, float* to) {
    const int whole = filter.out_c / kPanel;
    const int left = filter.out_c % kPanel;
    for (size_t row = begin; row < end; ++row) {
        const float* from = hwio + row * filter.out_c;
        float* panel = to + row * kPanel;
        for (int p = 0; p < whole; ++p, from += kPanel, panel += rows * kPanel) std::copy(from, from + kPanel, panel);
        if (left > 0) std::fill(std::copy(from, from + left, panel), panel + kPanel, 0.0f);
    }
}

// Panels of input channels [begin, end).
void pack_winograd_rows(const Conv2DFilter& filter, const float* hwio, int panels, int begin, int end, float* to) {
    const size_t plane = static_cast<size_t>(panels) * filter.in_c * kPanel;
    for (int panel = 0; panel < panels; ++panel) {
        const int count = std::min(kPanel, filter.out_c - panel * kPanel);
        for (int i = begin; i < end; ++i) {
            double taps[9][kPanel] = {};
            for (int tap = 0; tap < 9; ++tap) {
                const float* const from = hwio + (static_cast<size_t>(tap) * filter.in_c + i) * filter.out_c + static_cast<size_t>(panel) * kPanel;
                for (int n = 0; n < count; ++n) taps[tap][n] = from[n];
            }
            conv2d_internal::winograd_filter(taps, to + (static_cast<size_t>(panel) * filter.in_c + i) * kPanel, plane);
        }
    }
}

}  // namespace

bool conv2d_has_winograd(const Conv2DFilter& filter) { return filter.kernel_h == 3 && filter.kernel_w == 3 && filter.groups == 1; }

size_t conv2d_packed_size(const Conv2DFilter& filter, Conv2DAlgorithm algorithm) {
    return forms_of(filter, algorithm).size;
}

void conv2d_pack(const Conv2DFilter& filter, Conv2DAlgorithm algorithm, const float* hwio, float* packed, Executor& executor) {
    const Blocks blocks(filter);
    const PackedForms forms = forms_of(filter, algorithm);
    const float header[kHeader] = {kMagic,
                                   static_cast<float>(filter.kernel_h),
                                   static_cast<float>(filter.kernel_w),
                                   static_cast<float>(filter.in_c),
                                   static_cast<float>(filter.out_c),
                                   static_cast<float>(filter.groups),
                                   static_cast<float>((forms.has_direct ? 1 : 0) + (forms.has_winograd ? 2 : 0)),
                                   static_cast<float>(numbers_per_word(filter.precision))};
    for (int i = 0; i < kHeader; ++i) packed[i] = header[i];
    const size_t rows = static_cast<size_t>(filter.kernel_h) * filter.kernel_w * blocks.in;
    // Some rows at a time: what a panel gets of them are whole pages.
    constexpr int kRows = 64;
    if (forms.has_direct && filter.groups == 1 && filter.precision == Precision::kFloat32) {
        executor.run(static_cast<int>((rows + kRows - 1) / kRows), [&](int i) {
            pack_direct_rows(filter, hwio, rows, static_cast<size_t>(i) * kRows, std::min(rows, static_cast<size_t>(i + 1) * kRows), packed + kHeader);
        });
    } else if (forms.has_direct) {
        executor.run(blocks.count * blocks.panels, [&](int i) {
            float* const to = packed + kHeader + i * forms.panel_size;
            // The last word may hold one number of two.
            std::fill(to + forms.panel_size - kPanel, to + forms.panel_size, 0.0f);
            pack_direct_panel(filter, blocks, hwio, i / blocks.panels, i % blocks.panels, to);
        });
    }
    if (forms.has_winograd) {
        constexpr int kChannels = 8;
        executor.run((filter.in_c + kChannels - 1) / kChannels, [&](int i) {
            pack_winograd_rows(filter, hwio, blocks.panels, i * kChannels, std::min(filter.in_c, (i + 1) * kChannels), packed + forms.winograd_offset);
        });
    }
}

bool conv2d_read_packed(const float* packed, size_t size, Conv2DFilter* filter) {
    if (size < kHeader || packed[0] != kMagic) return false;
    // A float holds whole numbers up to 2^24; anything else in these places was not written by conv2d_pack().
    int numbers[6];
    for (int i = 0; i < 6; ++i) {
        const float value = packed[i + 1];
        if (!(value >= 1 && value <= 16777216.0f) || value != static_cast<float>(static_cast<int>(value))) return false;
        numbers[i] = static_cast<int>(value);
    }
    *filter = read_filter(packed);
    if (numbers[5] > 3 || filter->in_c % filter->groups != 0 || filter->out_c % filter->groups != 0) return false;
    if (packed[7] != 1 && packed[7] != 2) return false;
    if ((numbers[5] & 2) != 0 && !conv2d_has_winograd(*filter)) return false;
    return size == conv2d_internal::read_forms(packed, *filter).size;
}

namespace conv2d_internal {

Conv2DFilter read_filter(const float* packed) {
    const auto number = [&](int i) { return static_cast<int>(packed[i]); };
    return {number(1), number(2), number(3), number(4), number(5), number(7) == 2 ? Precision::kBfloat16 : Precision::kFloat32};
}

PackedForms read_forms(const float* packed, const Conv2DFilter& filter) {
    const int forms = static_cast<int>(packed[6]);
    return PackedForms(filter, (forms & 1) != 0, (forms & 2) != 0);
}

}  // namespace conv2d_internal
}  // namespace icconv
