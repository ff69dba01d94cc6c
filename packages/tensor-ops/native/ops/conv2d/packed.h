// Layout of a packed filter: a header of 16 floats, the direct form, Winograd's form (each if asked for).
#ifndef ICCONV_OPS_CONV2D_PACKED_H_
#define ICCONV_OPS_CONV2D_PACKED_H_

#include <cstddef>

#include "ops/conv2d/conv2d.h"
#include "ops/conv2d/job.h"

namespace icconv {
namespace conv2d_internal {

constexpr int kHeader = 16;

// How groups are merged, so that each block of them fills a panel.
struct Blocks {
    explicit Blocks(const Conv2DFilter& filter) {
        const int group_out = filter.out_c / filter.groups;
        merged = group_out >= kPanel ? 1 : kPanel / group_out;
        if (merged > filter.groups) merged = filter.groups;
        while (filter.groups % merged != 0) --merged;
        count = filter.groups / merged;
        in = filter.in_c / count;
        out = filter.out_c / count;
        panels = (out + kPanel - 1) / kPanel;
    }
    int merged, count, in, out, panels;
};

// Sizes are words of 32 bits.
struct PackedForms {
    PackedForms(const Conv2DFilter& filter, Precision precision, bool direct, bool winograd)
        : precision(precision), has_direct(direct), has_winograd(winograd) {
        const Blocks blocks(filter);
        const size_t panels = static_cast<size_t>(blocks.count) * blocks.panels;
        const auto words = [&](size_t numbers) { return (numbers + numbers_per_word(precision) - 1) / numbers_per_word(precision); };
        panel_size = words(static_cast<size_t>(filter.kernel_h) * filter.kernel_w * blocks.in) * kPanel;
        winograd_offset = kHeader + (direct ? panels * panel_size : 0);
        size = winograd_offset + (winograd ? panels * kWinogradPoints * words(blocks.in) * kPanel : 0);
    }
    Precision precision;
    bool has_direct, has_winograd;
    size_t panel_size;  // Of the direct form.
    size_t winograd_offset, size;
};

// The forms in a packed filter that conv2d_read_packed() accepts.
PackedForms read_forms(const float* packed, const Conv2DFilter& filter);

}  // namespace conv2d_internal
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_PACKED_H_
