#include "ops/nms/nms_index.h"

#include <algorithm>
#include <cmath>

#include "common/memory.h"

namespace icconv {
namespace {

// Rounding of sides, areas and IoU is below 1e-6 relative; pruning leaves this much room so that it never decides.
constexpr double kSlack = 1e-5;

float longer_side(const NmsBox& box) { return std::max(box.x2 - box.x1, box.y2 - box.y1); }

int64_t cell_index(double position, double origin, double cells_per_unit, int64_t cells) {
    const double cell = (position - origin) * cells_per_unit;
    return cell <= 0 ? 0 : cell >= static_cast<double>(cells - 1) ? cells - 1 : static_cast<int64_t>(cell);
}

}  // namespace

NmsIndex::NmsIndex(const Array<NmsBox>& candidates, float threshold, NmsAnyOverlap any_overlap)
    : candidates_(candidates), threshold_(threshold), any_overlap_(any_overlap) {
    const size_t n = candidates.size();
    level_of_.resize(n);
    cell_of_.resize(n);
    // Levels by binary exponent of the longer side; at most about 280 exist in float32, few do.
    Array<int32_t> level_of_exponent(512, -1);
    for (size_t i = 0; i < n; ++i) {
        const NmsBox& box = candidates[i];
        const float side = longer_side(box);
        int32_t& slot = level_of_exponent[static_cast<size_t>(std::ilogb(side) + 256)];
        if (slot < 0) {
            slot = static_cast<int32_t>(levels_.size());
            Level level;
            level.min_side = level.max_side = side;
            level.left = level.right = box.x1;
            level.top = level.bottom = box.y1;
            levels_.push_back(level);
        }
        level_of_[i] = slot;
        Level& level = levels_[static_cast<size_t>(slot)];
        ++level.boxes;
        level.min_side = std::min(level.min_side, side);
        level.max_side = std::max(level.max_side, side);
        level.max_width = std::max(level.max_width, static_cast<double>(box.x2) - box.x1);
        level.max_height = std::max(level.max_height, static_cast<double>(box.y2) - box.y1);
        level.left = std::min<double>(level.left, box.x1);
        level.right = std::max<double>(level.right, box.x1);
        level.top = std::min<double>(level.top, box.y1);
        level.bottom = std::max<double>(level.bottom, box.y1);
    }
    int64_t cells = 0;
    for (Level& level : levels_) {
        // About eight boxes a cell, so that a step of the scan has work for its lanes, but no cell smaller than a box.
        const double side = std::sqrt(static_cast<double>(level.boxes) / 8);
        const double cell_width = std::max(level.max_width, (level.right - level.left) / side);
        const double cell_height = std::max(level.max_height, (level.bottom - level.top) / side);
        level.cells_per_x = 1 / cell_width;
        level.cells_per_y = 1 / cell_height;
        level.columns = static_cast<int64_t>((level.right - level.left) / cell_width) + 1;
        level.rows = static_cast<int64_t>((level.bottom - level.top) / cell_height) + 1;
        level.first_cell = cells;
        cells += level.columns * level.rows;
    }
    cell_begin_.assign(static_cast<size_t>(cells) + 1, 0);
    for (size_t i = 0; i < n; ++i) {
        const Level& level = levels_[static_cast<size_t>(level_of_[i])];
        const int64_t column = cell_index(candidates[i].x1, level.left, level.cells_per_x, level.columns);
        const int64_t row = cell_index(candidates[i].y1, level.top, level.cells_per_y, level.rows);
        cell_of_[i] = static_cast<int32_t>(level.first_cell + row * level.columns + column);
        ++cell_begin_[static_cast<size_t>(cell_of_[i]) + 1];
    }
    for (size_t c = 1; c < cell_begin_.size(); ++c) cell_begin_[c] += cell_begin_[c - 1];
    cell_end_.assign(cell_begin_.begin(), cell_begin_.end() - 1);
    stride_ = static_cast<int64_t>(n) + kNmsLanes;
    storage_.assign(static_cast<size_t>(stride_ * 5), 0.0f);
    const float* s = storage_.data();
    columns_ = {s, s + stride_, s + 2 * stride_, s + 3 * stride_, s + 4 * stride_};
}

void NmsIndex::add(int64_t i) {
    const NmsBox& box = candidates_[static_cast<size_t>(i)];
    float* at = storage_.data() + cell_end_[static_cast<size_t>(cell_of_[static_cast<size_t>(i)])]++;
    at[0] = box.x1;
    at[stride_] = box.y1;
    at[2 * stride_] = box.x2;
    at[3 * stride_] = box.y2;
    at[4 * stride_] = box.area;
    ++levels_[static_cast<size_t>(level_of_[static_cast<size_t>(i)])].added;
}

bool NmsIndex::overlaps(int64_t i) const {
    const NmsBox& box = candidates_[static_cast<size_t>(i)];
    const double side = longer_side(box);
    const double ratio = threshold_ * (1 - kSlack);
    for (const Level& level : levels_) {
        if (level.added == 0 || level.max_side < ratio * side || side < ratio * level.min_side) continue;
        // A box of this level reaches ours only if its corner lies less than its size before it.
        const double left = box.x1 - level.max_width * (1 + kSlack);
        const double top = box.y1 - level.max_height * (1 + kSlack);
        if (left > level.right || top > level.bottom || box.x2 < level.left || box.y2 < level.top) continue;
        const int64_t column0 = cell_index(left, level.left, level.cells_per_x, level.columns);
        const int64_t column1 = cell_index(box.x2, level.left, level.cells_per_x, level.columns);
        const int64_t row0 = cell_index(top, level.top, level.cells_per_y, level.rows);
        const int64_t row1 = cell_index(box.y2, level.top, level.cells_per_y, level.rows);
        const auto first = static_cast<size_t>(level.first_cell + row0 * level.columns + column0);
        const NmsCells cells{&cell_begin_[first], &cell_end_[first], row1 - row0 + 1, column1 - column0 + 1, level.columns};
        if (any_overlap_(columns_, cells, box, threshold_)) return true;
    }
    return false;
}

}  // namespace icconv
