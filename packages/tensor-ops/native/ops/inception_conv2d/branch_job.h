// What the dispatcher hands to the code that multiplies branches by tiles of bfloat16. No standard containers here, as in job.h.
#ifndef ICCONV_OPS_INCEPTION_CONV2D_BRANCH_JOB_H_
#define ICCONV_OPS_INCEPTION_CONV2D_BRANCH_JOB_H_

#include <cstddef>

#include "ops/conv2d/job.h"

namespace icconv {

// A branch's output channels order[first .. first+count), at most two panels of 16.
struct BranchStrip {
    int dilation_h;
    int dilation_w;
    int first;
    int count;
    bool contiguous;  // These channels are consecutive.
    size_t weights;   // Where the strip begins in a packed filter: [panels][words of the reduction][16].
};

struct BranchJob {
    conv2d_internal::Shape shape;  // Of the largest dilations, and the padding that goes with them.
    const float* x;
    const float* packed;
    const float* bias;  // In sorted order, with 31 more.
    const int* order;
    bool relu;
    float* y;
    const BranchStrip* strips;
};

// Tasks have rows of results of all images, and pairs of panels: those of strip s are 2*s and 2*s + 1.
struct BranchLevel {
    size_t (*workspace)(const BranchJob&, const conv2d_internal::Task&);  // Bytes.
    void (*run)(const BranchJob&, const conv2d_internal::Task&, void* workspace);
};

// Null where the compiler did not know the instructions.
const BranchLevel* branch_level_amx();

}  // namespace icconv

#endif  // ICCONV_OPS_INCEPTION_CONV2D_BRANCH_JOB_H_
