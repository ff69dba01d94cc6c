// Which boxes overlap which, on CUDA: bit j of word w of row i says that the IoU of candidates i and 64 w + j is above the threshold. float32 in the
// order of nms.cc and without fused operations, so that the kept boxes are the same to the last.
#include "ops/nms/nms.cuh"

using namespace icconv;

// A tile of rows by a tile of columns. order [count]: candidates by descending score; boxes [N, 4] and groups [N], which may be null, by number of
// the box. Rows [first, first + rows) of the mask are written, each of ceil(count / 64) words; words left of the diagonal are 0, which is all
// that nobody reads. Blocks: tiles of those rows, times words.
extern "C" __global__ void __launch_bounds__(kNmsTile)
    icconv_nms_mask(const float* __restrict__ boxes, const int32_t* __restrict__ groups, const int32_t* __restrict__ order, int32_t count,
                    int32_t first, int32_t rows, float threshold, uint64_t* __restrict__ mask) {
    __shared__ float tile[5][kNmsTile];
    __shared__ int32_t tile_group[kNmsTile];
    const int32_t words = (count + kNmsTile - 1) / kNmsTile;
    const int32_t word = static_cast<int32_t>(blockIdx.x % words);
    const int32_t row = static_cast<int32_t>(blockIdx.x / words) * kNmsTile + static_cast<int32_t>(threadIdx.x);
    const int32_t column = word * kNmsTile + static_cast<int32_t>(threadIdx.x);
    // An area of 0: overlaps nothing.
    float box[5] = {};
    const auto load = [&](int32_t candidate) {
        const float* const b = boxes + static_cast<int64_t>(order[candidate]) * 4;
        const float width = __fsub_rn(b[2], b[0]), height = __fsub_rn(b[3], b[1]), area = __fmul_rn(width, height);
        // What has no area, or an infinite one, has IoU 0 or NaN with everything.
        const bool real = width > 0 && height > 0 && area > 0 && area <= 3.402823466e38f;
        for (int i = 0; i < 4; ++i) box[i] = b[i];
        box[4] = real ? area : 0.0f;
        return groups == nullptr ? 0 : groups[order[candidate]];
    };
    const int32_t column_group = column < count ? load(column) : 0;
    for (int i = 0; i < 5; ++i) tile[i][threadIdx.x] = column < count ? box[i] : 0.0f;
    tile_group[threadIdx.x] = column_group;
    __syncthreads();
    if (row >= rows) return;
    const int32_t candidate = first + row;
    const int32_t group = load(candidate);
    uint64_t bits = 0;
    for (int j = 0; j < kNmsTile && box[4] > 0; ++j) {
        if (word * kNmsTile + j <= candidate || tile[4][j] <= 0 || tile_group[j] != group) continue;
        const float width = __fsub_rn(fminf(box[2], tile[2][j]), fmaxf(box[0], tile[0][j]));
        const float height = __fsub_rn(fminf(box[3], tile[3][j]), fmaxf(box[1], tile[1][j]));
        if (!(width > 0 && height > 0)) continue;
        const float inter = __fmul_rn(width, height);
        if (__fdiv_rn(inter, __fsub_rn(__fadd_rn(tile[4][j], box[4]), inter)) > threshold) bits |= uint64_t{1} << j;
    }
    mask[static_cast<int64_t>(row) * words + word] = bits;
}
