#include "common/strict_float.h"

#include "ops/keypoint_grouping/tag_groups.h"

#include <algorithm>
#include <cmath>

#include "common/memory.h"
#include "ops/keypoint_grouping/munkres.h"

namespace icconv {
namespace {

// Cost of columns that stand for a new person.
constexpr double kNewPerson = 1e10;
// In place of a distance that is no number: tags near the end of float add up to infinity, and an assignment by infinite costs has no end.
// Above every distance between floats.
constexpr double kFarthest = 1e80;

struct Group {
    // First tag of the first peak: what the person is known by.
    float key;
    PersonPeaks peaks;
    // Tags of the peaks that count for the mean.
    Array<const float*> members;
};

class Grouper {
public:
    Grouper(const KeypointGroupingParams& params, const Array<JointPeaks>& joints) : params_(params), joints_(joints) {}

    Array<PersonPeaks> run() {
        for (int32_t joint : params_.joint_order) {
            const JointPeaks& found = joints_[static_cast<size_t>(joint)];
            if (found.peaks.empty()) continue;
            if (groups_.empty()) {
                for (size_t p = 0; p < found.peaks.size(); ++p) begin(joint, p);
            } else {
                match(joint, found);
            }
        }
        Array<PersonPeaks> people;
        for (size_t g = 0; g < considered(); ++g) people.push_back(std::move(groups_[g].peaks));
        return people;
    }

private:
    const float* tags(int32_t joint, size_t peak) const {
        return joints_[static_cast<size_t>(joint)].tags.data() + static_cast<int64_t>(peak) * params_.tag_size;
    }

    size_t considered() const {
        return params_.ignore_too_much ? std::min(groups_.size(), static_cast<size_t>(params_.max_people)) : groups_.size();
    }

    // A peak that belongs to nobody yet: a new person, or the one of the same key, whose mean begins anew.
    void begin(int32_t joint, size_t peak) {
        const float* own = tags(joint, peak);
        auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) { return g.key == own[0]; });
        if (group == groups_.end()) {
            groups_.push_back({own[0], PersonPeaks(static_cast<size_t>(params_.joints), -1), {}});
            group = groups_.end() - 1;
        }
        group->peaks[static_cast<size_t>(joint)] = static_cast<int32_t>(peak);
        group->members.assign(1, own);
    }

    void match(int32_t joint, const JointPeaks& found) {
        const size_t known = considered();
        const size_t added = found.peaks.size();
        Array<double> distances(added * known);
        for (size_t column = 0; column < known; ++column) {
            const Array<float> mean = mean_tags(groups_[column].members, params_.tag_size);
            for (size_t row = 0; row < added; ++row) {
                const float* own = tags(joint, row);
                double squares = 0;
                for (size_t t = 0; t < mean.size(); ++t) {
                    const double difference = static_cast<double>(own[t]) - static_cast<double>(mean[t]);
                    squares += difference * difference;
                }
                distances[row * known + column] = std::isfinite(squares) ? std::sqrt(squares) : kFarthest;
            }
        }
        const Array<int32_t> columns = assign(found, distances, known);
        for (size_t row = 0; row < added; ++row) {
            const auto column = static_cast<size_t>(columns[row]);
            if (column < known && distances[row * known + column] < params_.tag_threshold) {
                groups_[column].peaks[static_cast<size_t>(joint)] = static_cast<int32_t>(row);
                groups_[column].members.push_back(tags(joint, row));
            } else {
                begin(joint, row);
            }
        }
    }

    Array<int32_t> assign(const JointPeaks& found, const Array<double>& distances, size_t known) const {
        const size_t added = found.peaks.size();
        const size_t size = std::max(added, known);
        Array<double> cost(size * size, 0.0);
        for (size_t row = 0; row < added; ++row) {
            for (size_t column = 0; column < size; ++column) {
                double value = kNewPerson;
                if (column < known) {
                    value = distances[row * known + column];
                    // Halves to even, as the default rounding mode has it.
                    if (params_.use_detection_val) value = std::nearbyint(value) * 100 - static_cast<double>(found.peaks[row].score);
                }
                cost[row * size + column] = value;
            }
        }
        return munkres(cost, static_cast<int64_t>(size));
    }

    const KeypointGroupingParams& params_;
    const Array<JointPeaks>& joints_;
    Array<Group> groups_;
};

}  // namespace

Array<PersonPeaks> group_by_tags(const KeypointGroupingParams& params, const Array<JointPeaks>& joints) {
    return Grouper(params, joints).run();
}

Array<float> mean_tags(const Array<const float*>& members, int64_t tag_size) {
    const auto count = static_cast<float>(members.size());
    Array<float> mean(static_cast<size_t>(tag_size), 0.0f);
    if (tag_size == 1) {
        Array<float> column;
        for (const float* tags : members) column.push_back(tags[0]);
        mean[0] = keypoint_sum(column.data(), static_cast<int64_t>(column.size())) / count;
        return mean;
    }
    for (size_t t = 0; t < mean.size(); ++t) {
        for (const float* tags : members) mean[t] += tags[t];
        mean[t] /= count;
    }
    return mean;
}

float keypoint_sum(const float* values, int64_t count) {
    const int64_t whole = count < 8 ? 0 : count - count % 8;
    float total = 0;
    if (whole > 0) {
        float r[8];
        std::copy(values, values + 8, r);
        for (int64_t i = 8; i < whole; ++i) r[i % 8] += values[i];
        total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    }
    for (int64_t i = whole; i < count; ++i) total += values[i];
    return total;
}

}  // namespace icconv
