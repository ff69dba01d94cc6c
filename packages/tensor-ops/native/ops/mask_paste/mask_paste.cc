#include "common/strict_float.h"

#include "ops/mask_paste/mask_paste.h"

#include <algorithm>
#include <cmath>

namespace icconv {
namespace {

// Where pixel `begin + i` of the picture lies on the mask with a border of one zero at each side: between rows (or columns) at[i] and
// at[i] + 1, by the share `far[i]` of the latter.
struct Axis {
    int64_t begin = 0;
    Array<int32_t> at;
    Array<float> far;
    int64_t end() const { return begin + static_cast<int64_t>(at.size()); }
};

// Any box beyond covers the same pixels of any picture.
constexpr float kFarthest = 1 << 30;

int64_t whole(float edge) { return static_cast<int64_t>(std::max(-kFarthest, std::min(edge, kFarthest))); }

// torchvision: expand_masks, expand_boxes, and interpolate(align_corners=False) to the whole box.
Axis whole_axis(float low, float high, int64_t size, int64_t length) {
    const float scale = static_cast<float>(static_cast<double>(size + 2) / static_cast<double>(size));
    const float half = (high - low) * 0.5f * scale;
    const float centre = (high + low) * 0.5f;
    const int64_t first = whole(centre - half), last = whole(centre + half);
    const int64_t pixels = std::max<int64_t>(last - first + 1, 1);
    const float ratio = static_cast<float>(size + 2) / static_cast<float>(pixels);
    Axis axis;
    axis.begin = std::max<int64_t>(first, 0);
    const int64_t end = std::min(first + pixels, length);
    for (int64_t pixel = axis.begin; pixel < end; ++pixel) {
        const float source = std::max(0.0f, ratio * (static_cast<float>(pixel - first) + 0.5f) - 0.5f);
        // The last of S + 2 rows has none behind it: it is the one before, wholly far.
        const int64_t row = std::min(static_cast<int64_t>(source), size);
        axis.at.push_back(static_cast<int32_t>(row));
        axis.far.push_back(std::min(source - static_cast<float>(row), 1.0f));
    }
    return axis;
}

// detectron2 and mmdetection: grid_sample(align_corners=False) at the pixel's centre, relative to the box.
Axis exact_axis(float low, float high, int64_t size, int64_t length) {
    Axis axis;
    if (!(high > low)) return axis;
    const int64_t end = std::min(whole(std::ceil(high)) + 2, length);
    const auto side = static_cast<float>(size);
    for (int64_t pixel = std::max<int64_t>(whole(std::floor(low)) - 2, 0); pixel < end; ++pixel) {
        const float relative = (static_cast<float>(pixel) + 0.5f - low) / (high - low) * 2 - 1;
        const float source = ((relative + 1) * side - 1) / 2;
        const float row = std::floor(source);
        if (!(row >= -1)) continue;
        if (row >= side) break;
        if (axis.at.empty()) axis.begin = pixel;
        axis.at.push_back(static_cast<int32_t>(row) + 1);
        axis.far.push_back(source - row);
    }
    return axis;
}

// Run lengths in the making.
class Runs {
public:
    void add(bool value, int64_t pixels) {
        if (pixels == 0) return;
        if (value != value_) {
            counts_.push_back(static_cast<int32_t>(run_));
            run_ = 0;
            value_ = value;
        }
        run_ += pixels;
    }
    Array<int32_t> finish() {
        counts_.push_back(static_cast<int32_t>(run_));
        return std::move(counts_);
    }

private:
    Array<int32_t> counts_;
    bool value_ = false;
    int64_t run_ = 0;
};

// Values around the threshold whose side rounding may decide.
struct Band {
    float under, over;
    // 1 or -1 beyond it: what is interpolated between two such values of one side is on that side too. Else 0.
    int32_t side(float value) const { return (value > over) - (value < under); }
};

class Paste {
public:
    Paste(const MaskPasteParams& params, const float* mask, const float* box)
        : params_(params),
          side_(params.size + 2),
          mask_(static_cast<size_t>(side_ * side_), 0.0f),
          column_(static_cast<size_t>(side_)),
          sides_(static_cast<size_t>(side_)) {
        const auto axis = params.whole_boxes ? whole_axis : exact_axis;
        x_ = axis(box[0], box[2], params.size, params.width);
        y_ = axis(box[1], box[3], params.size, params.height);
        for (size_t i = 0; i < y_.at.size(); ++i) {
            if (i == 0 || y_.at[i] != y_.at[i - 1]) spans_.push_back(i);
        }
        spans_.push_back(y_.at.size());
        // Columns of the mask become rows, which are then interpolated as a whole.
        float largest = std::abs(params.threshold);
        for (int64_t row = 0; row < params.size; ++row) {
            for (int64_t column = 0; column < params.size; ++column) {
                const float value = mask[row * params.size + column];
                mask_[static_cast<size_t>((column + 1) * side_ + row + 1)] = value;
                largest = std::max(largest, std::abs(value));
            }
        }
        // Far more than interpolation rounds by.
        const float room = 3e-5f * largest;
        band_ = {params.threshold - room, params.threshold + room};
    }

    Array<int32_t> run() {
        const int64_t above = y_.begin, below = params_.height - y_.end();
        if (x_.at.empty() || y_.at.empty()) {
            runs_.add(false, params_.height * params_.width);
            return runs_.finish();
        }
        runs_.add(false, x_.begin * params_.height);
        for (size_t i = 0; i < x_.at.size(); ++i) {
            runs_.add(false, above);
            paste_column(i);
            runs_.add(false, below);
        }
        runs_.add(false, (params_.width - x_.end()) * params_.height);
        return runs_.finish();
    }

private:
    bool inside(float value) const { return params_.whole_boxes ? value > params_.threshold : value >= params_.threshold; }

    void paste_column(size_t i) {
        const float far = x_.far[i], near = 1 - far;
        const float* left = mask_.data() + static_cast<int64_t>(x_.at[i]) * side_;
        const float* right = left + side_;
        float* const column = column_.data();
        int32_t* const sides = sides_.data();
        const Band band = band_;
        for (int64_t row = 0; row < side_; ++row) {
            const float value = near * left[row] + far * right[row];
            column[row] = value;
            sides[row] = band.side(value);
        }
        const size_t count = spans_.size() - 1;
        for (size_t s = 0; s < count;) {
            const auto at = static_cast<size_t>(y_.at[spans_[s]]);
            const int32_t upper = sides_[at], lower = sides_[at + 1];
            if (upper != lower || upper == 0) {
                between(spans_[s], spans_[s + 1], at);
                ++s;
                continue;
            }
            size_t end = s + 1;
            for (; end < count; ++end) {
                const auto next = static_cast<size_t>(y_.at[spans_[end]]);
                if (sides_[next] != upper || sides_[next + 1] != upper) break;
            }
            runs_.add(upper > 0, static_cast<int64_t>(spans_[end] - spans_[s]));
            s = end;
        }
    }

    float value_at(size_t i, size_t row) const { return (1 - y_.far[i]) * column_[row] + y_.far[i] * column_[row + 1]; }

    // The pixels between two rows of the mask that are not clearly on one side of the threshold. Values go from one row's to the other's, so
    // only those around the place where they pass it need to be computed.
    void between(size_t from, size_t to, size_t row) {
        size_t first = from, last = to;
        const int32_t upper = sides_[row], lower = sides_[row + 1];
        if (upper * lower < 0) {
            const float share = (params_.threshold - column_[row]) / (column_[row + 1] - column_[row]);
            const float span = y_.far[to - 1] - y_.far[from];
            const float guess = span > 0 ? (share - y_.far[from]) / span * static_cast<float>(to - 1 - from) : 0;
            // A difference beyond 2^24 may round up.
            first = last = std::min(to, from + static_cast<size_t>(std::max(0.0f, std::min(guess, static_cast<float>(to - from)))));
            while (first > from && band_.side(value_at(first - 1, row)) != upper) --first;
            while (last < to && band_.side(value_at(last, row)) != lower) ++last;
        }
        runs_.add(upper > 0, static_cast<int64_t>(first - from));
        for (size_t i = first; i < last; ++i) runs_.add(inside(value_at(i, row)), 1);
        runs_.add(lower > 0, static_cast<int64_t>(to - last));
    }

    const MaskPasteParams& params_;
    const int64_t side_;
    // With its border, transposed: [S + 2, S + 2].
    Array<float> mask_;
    Band band_{};
    // The mask where a column of the picture lies, and on which side of the threshold that is.
    Array<float> column_;
    Array<int32_t> sides_;
    Axis x_, y_;
    // Where the pixels of each pair of the mask's rows begin, and where the last ends.
    Array<size_t> spans_;
    Runs runs_;
};

}  // namespace

PastedMasks paste_masks(const MaskPasteParams& params, const float* probabilities, const float* boxes, Executor& executor) {
    Array<Array<int32_t>> each(static_cast<size_t>(params.masks));
    executor.run(static_cast<int>(params.masks), [&](int i) {
        each[static_cast<size_t>(i)] = Paste(params, probabilities + i * params.size * params.size, boxes + int64_t{4} * i).run();
    });
    PastedMasks result;
    size_t total = 0;
    for (const auto& counts : each) total += counts.size();
    result.counts.reserve(total);
    for (const auto& counts : each) {
        result.counts.insert(result.counts.end(), counts.begin(), counts.end());
        result.lengths.push_back(static_cast<int32_t>(counts.size()));
    }
    return result;
}

}  // namespace icconv
