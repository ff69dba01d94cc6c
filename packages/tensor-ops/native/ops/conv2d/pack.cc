// Lays a filter out for the kernels, once for many calls.
#include "ops/conv2d/packed.h"

#include <algorithm>

#include "ops/conv2d/winograd_filter.h"

namespace icconv {
namespace {

using conv2d_internal::Blocks;
using conv2d_internal::kHeader;
using conv2d_internal::kPanel;
using conv2d_internal::kWinogradPoints;
using conv2d_internal::PackedForms;

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

// kPanel weights of that kind, for the output channels from `first` on.
void weights_at(const Conv2DFilter& filter, const Blocks& blocks, const float* hwio, int block, int tap, int i, int first, float* to) {
    int n = 0;
    // Without groups they lie side by side.
    if (filter.groups == 1) {
        const float* const from = hwio + (static_cast<size_t>(tap) * filter.in_c + i) * filter.out_c + first;
        const int count = std::min(kPanel, filter.out_c - first);
        for (; n < count; ++n) to[n] = from[n];
    }
    for (; n < kPanel; ++n) to[n] = weight_at(filter, blocks, hwio, block, tap, i, first + n);
}

void pack_direct_panel(const Conv2DFilter& filter, const Blocks& blocks, const float* hwio, int block, int panel, float* to) {
    const int taps = filter.kernel_h * filter.kernel_w;
    for (int tap = 0; tap < taps; ++tap) {
        for (int i = 0; i < blocks.in; ++i) {
            weights_at(filter, blocks, hwio, block, tap, i, panel * kPanel, to);
            to += kPanel;
        }
    }
}

void pack_winograd_panel(const Conv2DFilter& filter, const float* hwio, int panel, int panels, float* to) {
    const size_t plane = static_cast<size_t>(panels) * filter.in_c * kPanel;
    to += static_cast<size_t>(panel) * filter.in_c * kPanel;
    const int first = panel * kPanel;
    const int count = std::min(kPanel, filter.out_c - first);
    for (int i = 0; i < filter.in_c; ++i, to += kPanel) {
        double taps[3][3][kPanel] = {};
        for (int tap = 0; tap < 9; ++tap) {
            const float* const from = hwio + (static_cast<size_t>(tap) * filter.in_c + i) * filter.out_c + first;
            for (int n = 0; n < count; ++n) taps[tap / 3][tap % 3][n] = from[n];
        }
        conv2d_internal::winograd_filter(taps, to, plane);
    }
}

}  // namespace

bool conv2d_has_winograd(const Conv2DFilter& filter) { return filter.kernel_h == 3 && filter.kernel_w == 3 && filter.groups == 1; }

size_t conv2d_packed_size(const Conv2DFilter& filter, Conv2DAlgorithm algorithm) { return forms_of(filter, algorithm).size; }

void conv2d_pack(const Conv2DFilter& filter, Conv2DAlgorithm algorithm, const float* hwio, float* packed, Executor& executor) {
    const Blocks blocks(filter);
    const PackedForms forms = forms_of(filter, algorithm);
    const float header[kHeader] = {kMagic,
                                   static_cast<float>(filter.kernel_h),
                                   static_cast<float>(filter.kernel_w),
                                   static_cast<float>(filter.in_c),
                                   static_cast<float>(filter.out_c),
                                   static_cast<float>(filter.groups),
                                   static_cast<float>((forms.has_direct ? 1 : 0) + (forms.has_winograd ? 2 : 0))};
    for (int i = 0; i < kHeader; ++i) packed[i] = header[i];
    const size_t panel_size = static_cast<size_t>(filter.kernel_h) * filter.kernel_w * blocks.in * kPanel;
    executor.run(blocks.count * blocks.panels, [&](int i) {
        const int panel = i % blocks.panels;
        if (forms.has_direct) pack_direct_panel(filter, blocks, hwio, i / blocks.panels, panel, packed + kHeader + i * panel_size);
        if (forms.has_winograd) pack_winograd_panel(filter, hwio, panel, blocks.panels, packed + forms.winograd_offset);
    });
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
    *filter = {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
    if (numbers[5] > 3 || filter->in_c % filter->groups != 0 || filter->out_c % filter->groups != 0) return false;
    if ((numbers[5] & 2) != 0 && !conv2d_has_winograd(*filter)) return false;
    return size == conv2d_internal::read_forms(packed, *filter).size;
}

namespace conv2d_internal {

PackedForms read_forms(const float* packed, const Conv2DFilter& filter) {
    const int forms = static_cast<int>(packed[6]);
    return PackedForms(filter, (forms & 1) != 0, (forms & 2) != 0);
}

}  // namespace conv2d_internal
}  // namespace icconv
