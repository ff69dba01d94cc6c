// What image_batch.cu and its host code share. image_batch.h has the rules and the letters.
#ifndef ICCONV_OPS_IMAGE_BATCH_CUH_
#define ICCONV_OPS_IMAGE_BATCH_CUH_

#include "cuda/prelude.cuh"

namespace icconv {

// How positions in the source are found.
constexpr int32_t kImageSeparable = 0, kImageAffine = 1, kImageWarp = 2;

// Output positions [begin, end) of a separable placement that lie in the source. Its tables begin at `table` in the plan's numbers, with a number
// for each position: first and second pixel and the weight of the second; or, where wide, the first pixel, and at `offset`, with one more, where
// the weights of each position begin behind `weights`.
struct ImageCudaAxis {
    int32_t begin, end, wide;
    int64_t table, offset, weights;
};

// As Placement and what plan.h makes of it.
struct ImageCudaPlacement {
    double map[6];
    const unsigned char* source;
    int32_t height, width;
    int32_t batch, top, left, bottom, right;
    int32_t kind, has_colour;
    ImageCudaAxis x, y;
    // Of a warp: each column's and each row's part of the positions, in the plan's long numbers; x before y.
    int64_t steps, origins;
    float colour[12];
    float fill[3];
    unsigned char border[3];
};

struct ImageCudaParams {
    int32_t batch, height, width, placements;
    float scale[3], bias[3];
    int32_t reversed, round, opencv;
};

constexpr int kImageThreads = 256;

}  // namespace icconv

#endif  // ICCONV_OPS_IMAGE_BATCH_CUH_
