// Munkres' method for the assignment problem (Algorithms for the assignment and transportation problems, 1957). Internal to this folder.
#ifndef ICCONV_OPS_KEYPOINT_GROUPING_MUNKRES_H_
#define ICCONV_OPS_KEYPOINT_GROUPING_MUNKRES_H_

#include <cstdint>

#include "common/memory.h"

namespace icconv {

// The column assigned to each row of a square matrix of finite costs, which is changed.
//
// Where several assignments cost the same, the order of the steps decides which one is found. This order is that of the Python package
// `munkres` 1.1.4: the first zeros in row order are starred; a search for an uncovered zero goes on from where the last one ended,
// around the matrix, and takes in the first row that has some the last of them, seen from that column.
Array<int32_t> munkres(Array<double>& cost, int64_t size);

}  // namespace icconv

#endif  // ICCONV_OPS_KEYPOINT_GROUPING_MUNKRES_H_
