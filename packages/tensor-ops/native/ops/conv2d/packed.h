// Layout of a packed filter: a header of 16 floats, the direct form, Winograd's form (each if asked for).
#ifndef ICCONV_OPS_CONV2D_PACKED_H_
#define ICCONV_OPS_CONV2D_PACKED_H_

#include <cstddef>

#include "ops/conv2d/conv2d.h"
#include "ops/conv2d/job.h"

namespace icconv {
namespace conv2d_internal {

constexpr int kHeader = 16;

// Numbers that share a word of 32 bits.
constexpr int numbers_per_word(Precision precision) { return precision == Precision::kBfloat16 ? 2 : 1; }

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
    PackedForms(const Conv2DFilter& filter, bool direct, bool winograd) : has_direct(direct), has_winograd(winograd) {
        const Blocks blocks(filter);
        const size_t panels = static_cast<size_t>(blocks.count) * blocks.panels;
        const size_t reduction = static_cast<size_t>(filter.kernel_h) * filter.kernel_w * blocks.in;
        panel_size = (reduction + numbers_per_word(filter.precision) - 1) / numbers_per_word(filter.precision) * kPanel;
        winograd_offset = kHeader + (direct ? panels * panel_size : 0);
        size = winograd_offset + (winograd ? panels * kWinogradPoints * blocks.in * kPanel : 0);
    }
    bool has_direct, has_winograd;
    size_t panel_size;  // Of the direct form.
    size_t winograd_offset, size;
};

// Of a packed filter that conv2d_read_packed() accepts.
Conv2DFilter read_filter(const float* packed);
PackedForms read_forms(const float* packed, const Conv2DFilter& filter);

}  // namespace conv2d_internal
}  // namespace icconv

#endif  // ICCONV_OPS_CONV2D_PACKED_H_
