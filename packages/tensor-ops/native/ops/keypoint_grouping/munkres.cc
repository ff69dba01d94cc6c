#include "common/strict_float.h"

#include "ops/keypoint_grouping/munkres.h"

#include <algorithm>
#include <limits>

#include "common/memory.h"

namespace icconv {
namespace {

class Assignment {
public:
    Assignment(Array<double>& cost, int64_t size)
        : cost_(cost), size_(size), column_of_(length(), -1), row_of_(length(), -1), prime_of_(length(), -1), row_covered_(length(), 0),
          column_covered_(length(), 0) {}

    Array<int32_t> solve() {
        for (int64_t starred = star_first_zeros(); starred < size_; ++starred) {
            for (int64_t column = 0; column < size_; ++column) column_covered_[at(column)] = row_of_[at(column)] >= 0;
            augment();
            std::fill(row_covered_.begin(), row_covered_.end(), 0);
            std::fill(prime_of_.begin(), prime_of_.end(), -1);
        }
        return column_of_;
    }

private:
    static size_t at(int64_t i) { return static_cast<size_t>(i); }
    size_t length() const { return at(size_); }
    double* row(int64_t r) { return cost_.data() + r * size_; }

    int64_t star_first_zeros() {
        int64_t starred = 0;
        for (int64_t r = 0; r < size_; ++r) {
            double* values = row(r);
            const double least = *std::min_element(values, values + size_);
            for (int64_t c = 0; c < size_; ++c) values[c] -= least;
        }
        for (int64_t r = 0; r < size_; ++r) {
            for (int64_t c = 0; c < size_; ++c) {
                if (row(r)[c] != 0 || row_of_[at(c)] >= 0) continue;
                star(r, c);
                ++starred;
                break;
            }
        }
        return starred;
    }

    void star(int64_t r, int64_t c) {
        column_of_[at(r)] = static_cast<int32_t>(c);
        row_of_[at(c)] = static_cast<int32_t>(r);
    }

    // Primes zeros until one lies in a row without a star; then the primes of the path from there become stars.
    void augment() {
        int64_t r = 0;
        int64_t c = 0;
        for (;;) {
            if (!next_zero(r, c)) {
                shift();
                r = 0;
                c = 0;
                continue;
            }
            prime_of_[at(r)] = static_cast<int32_t>(c);
            const int32_t starred = column_of_[at(r)];
            if (starred < 0) break;
            row_covered_[at(r)] = 1;
            column_covered_[at(starred)] = 0;
            c = starred;
        }
        while (r >= 0) {
            const int32_t before = row_of_[at(c)];
            star(r, c);
            r = before;
            if (r >= 0) c = prime_of_[at(r)];
        }
    }

    // Moves (r, c) to the next uncovered zero, if there is one.
    bool next_zero(int64_t& r, int64_t& c) {
        for (int64_t i = 0; i < size_; ++i) {
            const int64_t next = r + i < size_ ? r + i : r + i - size_;
            if (row_covered_[at(next)] != 0) continue;
            const double* values = row(next);
            for (int64_t j = size_ - 1; j >= 0; --j) {
                const int64_t column = c + j < size_ ? c + j : c + j - size_;
                if (values[column] != 0 || column_covered_[at(column)] != 0) continue;
                r = next;
                c = column;
                return true;
            }
        }
        return false;
    }

    // Makes an uncovered zero.
    void shift() {
        double least = std::numeric_limits<double>::infinity();
        for (int64_t r = 0; r < size_; ++r) {
            if (row_covered_[at(r)] != 0) continue;
            for (int64_t c = 0; c < size_; ++c) {
                if (column_covered_[at(c)] == 0 && row(r)[c] < least) least = row(r)[c];
            }
        }
        for (int64_t r = 0; r < size_; ++r) {
            const bool covered = row_covered_[at(r)] != 0;
            double* values = row(r);
            for (int64_t c = 0; c < size_; ++c) {
                // Both where both hold: adding and taking away again rounds.
                if (covered) values[c] += least;
                if (column_covered_[at(c)] == 0) values[c] -= least;
            }
        }
    }

    Array<double>& cost_;
    const int64_t size_;
    // Of the stars by row and by column, and of the primes by row; a row has at most one of either.
    Array<int32_t> column_of_;
    Array<int32_t> row_of_;
    Array<int32_t> prime_of_;
    Array<uint8_t> row_covered_;
    Array<uint8_t> column_covered_;
};

}  // namespace

Array<int32_t> munkres(Array<double>& cost, int64_t size) { return Assignment(cost, size).solve(); }

}  // namespace icconv
