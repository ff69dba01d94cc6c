#include "common/strict_float.h"

#include "ops/nms/nms.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "common/memory.h"
#include "common/simd.h"
#include "ops/nms/nms_index.h"
#include "ops/nms/nms_kernels.h"

namespace icconv {

bool nms_any_overlap_portable(const NmsColumns& boxes, const NmsCells& cells, const NmsBox& box, float threshold) {
    for (int64_t r = 0; r < cells.rows; ++r) {
        for (int64_t k = r * cells.row_stride; k < r * cells.row_stride + cells.columns; ++k) {
            for (int64_t i = cells.begin[k]; i < cells.end[k]; ++i) {
                const float width = std::min(box.x2, boxes.x2[i]) - std::max(box.x1, boxes.x1[i]);
                const float height = std::min(box.y2, boxes.y2[i]) - std::max(box.y1, boxes.y1[i]);
                if (!(width > 0 && height > 0)) continue;
                const float inter = width * height;
                if (inter / (box.area + boxes.area[i] - inter) > threshold) return true;
            }
        }
    }
    return false;
}

namespace {

// Up to so many kept boxes a plain scan of them all is as fast as asking the index, and saves building it. Where boxes cluster, few
// are kept however many come.
constexpr int64_t kPlainScan = 384;
// Groups are handed to threads in portions of about this many boxes.
constexpr int64_t kBoxesPerTask = 1024;

NmsAnyOverlap any_overlap() { return ICCONV_AT_SIMD_LEVEL(nms_any_overlap); }

// Stable order by ascending 32-bit key. Digits of 8 bits for few keys, whose time the counters of wider ones would dominate; passes
// in which all keys have the same digit are left out.
void radix_sort(const Array<uint32_t>& keys, Array<int32_t>& order) {
    const int bits = order.size() < 4096 ? 8 : 11;
    const uint32_t mask = (1u << bits) - 1;
    const auto total = static_cast<int32_t>(order.size());
    Array<int32_t> other(order.size());
    Array<int32_t> next;
    for (int shift = 0; shift < 32 && total > 1; shift += bits) {
        next.assign(mask + 2, 0);
        for (int32_t i : order) ++next[((keys[static_cast<size_t>(i)] >> shift) & mask) + 1];
        if (next[((keys[static_cast<size_t>(order[0])] >> shift) & mask) + 1] == total) continue;
        for (size_t k = 1; k < next.size(); ++k) next[k] += next[k - 1];
        for (int32_t i : order) other[static_cast<size_t>(next[(keys[static_cast<size_t>(i)] >> shift) & mask]++)] = i;
        order.swap(other);
    }
}

// Ascending keys are descending scores; both zeros are equal.
uint32_t descending_key(float score) {
    score += 0.0f;
    uint32_t bits;
    std::memcpy(&bits, &score, sizeof(bits));
    return (bits & 0x80000000u) != 0 ? bits : ~bits & 0x7fffffffu;
}

Array<int32_t> sorted_candidates(const NmsParams& params, const float* scores, int64_t count) {
    Array<int32_t> order;
    order.reserve(static_cast<size_t>(count));
    Array<uint32_t> keys(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
        keys[static_cast<size_t>(i)] = descending_key(scores[i]);
        if (!params.use_score_threshold || scores[i] > params.score_threshold) order.push_back(static_cast<int32_t>(i));
    }
    radix_sort(keys, order);
    return order;
}

// Suppresses within one group: members[0..count) are box indices by descending score; keep[i] is set for those that stay.
void suppress(const NmsParams& params, const float* boxes, const int32_t* members, int64_t count, uint8_t* keep) {
    const NmsAnyOverlap overlap = any_overlap();
    const int64_t limit = params.max_output < 0 ? count : params.max_output;
    Array<NmsBox> real;
    Array<int32_t> position(static_cast<size_t>(count), -1);
    real.reserve(static_cast<size_t>(count));
    for (int64_t m = 0; m < count; ++m) {
        const float* b = boxes + static_cast<int64_t>(members[m]) * 4;
        const float width = b[2] - b[0];
        const float height = b[3] - b[1];
        const float area = width * height;
        // What has no area (also when tiny numbers are flushed to zero), or an infinite one, has IoU 0 or NaN with everything.
        if (!(width > 0 && height > 0 && area > 0 && std::isfinite(area))) continue;
        position[static_cast<size_t>(m)] = static_cast<int32_t>(real.size());
        real.push_back({b[0], b[1], b[2], b[3], area});
    }
    constexpr int64_t kStride = kPlainScan + kNmsLanes;
    float columns[5 * kStride] = {};
    const NmsColumns view{columns, columns + kStride, columns + 2 * kStride, columns + 3 * kStride, columns + 4 * kStride};
    int32_t scanned = 0;
    const int32_t begin = 0;
    const NmsCells all{&begin, &scanned, 1, 1, 1};
    Array<int32_t> added;
    std::optional<NmsIndex> index;
    int64_t kept = 0;
    for (int64_t m = 0; m < count && kept < limit; ++m) {
        const int32_t p = position[static_cast<size_t>(m)];
        if (p >= 0) {
            const NmsBox& box = real[static_cast<size_t>(p)];
            if (index ? index->overlaps(p) : overlap(view, all, box, params.iou_threshold)) continue;
            if (!index && scanned == kPlainScan) {
                index.emplace(real, params.iou_threshold, overlap);
                for (int32_t a : added) index->add(a);
            }
            if (index) {
                index->add(p);
            } else {
                const float values[] = {box.x1, box.y1, box.x2, box.y2, box.area};
                for (int64_t v = 0; v < 5; ++v) columns[v * kStride + scanned] = values[v];
                ++scanned;
                added.push_back(p);
            }
        }
        keep[members[m]] = 1;
        ++kept;
    }
}

}  // namespace

int64_t first_nan_score(const float* scores, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        if (std::isnan(scores[i])) return i;
    }
    return -1;
}

Array<int32_t> nms(const NmsParams& params, const float* boxes, const float* scores, const int32_t* groups, int64_t count,
                         Executor& executor) {
    const Array<int32_t> order = sorted_candidates(params, scores, count);
    Array<uint8_t> keep(static_cast<size_t>(count), 0);
    if (groups == nullptr) {
        suppress(params, boxes, order.data(), static_cast<int64_t>(order.size()), keep.data());
    } else {
        Array<uint32_t> keys(static_cast<size_t>(count));
        for (int64_t i = 0; i < count; ++i) keys[static_cast<size_t>(i)] = static_cast<uint32_t>(groups[i]);
        // Stable, so members stay in score order.
        Array<int32_t> members = order;
        radix_sort(keys, members);
        // Tasks of whole groups.
        const auto total = static_cast<int64_t>(members.size());
        Array<int64_t> task_begin{0};
        for (int64_t i = 1; i < total; ++i) {
            const bool new_group = groups[members[static_cast<size_t>(i)]] != groups[members[static_cast<size_t>(i - 1)]];
            if (new_group && i - task_begin.back() >= kBoxesPerTask) task_begin.push_back(i);
        }
        const auto tasks = static_cast<int>(task_begin.size());
        task_begin.push_back(total);
        executor.run(tasks, [&](int task) {
            int64_t begin = task_begin[static_cast<size_t>(task)];
            const int64_t end = task_begin[static_cast<size_t>(task) + 1];
            while (begin < end) {
                const int32_t group = groups[members[static_cast<size_t>(begin)]];
                int64_t stop = begin;
                while (stop < end && groups[members[static_cast<size_t>(stop)]] == group) ++stop;
                suppress(params, boxes, members.data() + begin, stop - begin, keep.data());
                begin = stop;
            }
        });
    }
    Array<int32_t> kept;
    for (int32_t i : order) {
        if (params.max_output >= 0 && static_cast<int64_t>(kept.size()) >= params.max_output) break;
        if (keep[static_cast<size_t>(i)] != 0) kept.push_back(i);
    }
    return kept;
}

}  // namespace icconv
