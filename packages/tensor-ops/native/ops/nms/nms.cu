// Non-maximum suppression on CUDA: keys of the candidates, their order, which of them overlap, and the walk from the best down. The host learns nothing
// in between, so that grids are of what the boxes could need, and blocks without work end at once. float32 in the order of nms.cc and without fused
// operations: the kept boxes are the same to the last.
#include "ops/nms/nms.cuh"

namespace icconv {

// Ascending keys are descending scores, equal ones by index; both zeros are equal. No two boxes have one key.
__device__ __forceinline__ uint64_t key_of(float score, int32_t index) {
    const uint32_t bits = static_cast<uint32_t>(__float_as_int(__fadd_rn(score, 0.0f)));
    const uint32_t descending = (bits & 0x80000000u) != 0 ? bits : ~bits & 0x7fffffffu;
    return static_cast<uint64_t>(descending) << 32 | static_cast<uint32_t>(index);
}

__device__ __forceinline__ int32_t box_of(uint64_t key) { return static_cast<int32_t>(key & 0xffffffffu); }

}  // namespace icconv

using namespace icconv;

// The keys of those that take part, in any order.
extern "C" __global__ void __launch_bounds__(kNmsThreads)
    icconv_nms_keys(const float* __restrict__ scores, int32_t count, float threshold, int32_t use_threshold, uint64_t* __restrict__ keys,
                    NmsCudaState* state) {
    __shared__ int32_t found, first;
    if (threadIdx.x == 0) found = 0;
    __syncthreads();
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kNmsThreads + threadIdx.x;
    const float score = i < count ? scores[i] : 0.0f;
    if (score != score) atomicMax(&state->bad, static_cast<uint32_t>(count - i));
    const bool part = i < count && (use_threshold == 0 || score > threshold);
    const int32_t place = part ? atomicAdd(&found, 1) : 0;
    __syncthreads();
    if (threadIdx.x == 0) first = atomicAdd(&state->candidates, found);
    __syncthreads();
    if (part) keys[first + place] = key_of(score, static_cast<int32_t>(i));
}

// Sorts each kNmsSorted keys by themselves (Batcher's bitonic network). Blocks: of so many keys.
extern "C" __global__ void __launch_bounds__(kNmsSorted / 2) icconv_nms_sort(uint64_t* __restrict__ keys, const NmsCudaState* state) {
    __shared__ uint64_t own[kNmsSorted];
    const int32_t begin = static_cast<int32_t>(blockIdx.x) * kNmsSorted, thread = static_cast<int32_t>(threadIdx.x);
    const int32_t left = state->candidates - begin;
    if (left <= 0) return;
    for (int32_t i = thread; i < kNmsSorted; i += kNmsSorted / 2) own[i] = i < left ? keys[begin + i] : ~uint64_t{0};
    // No further than there are keys.
    for (int32_t run = 2; run < 2 * min(left, kNmsSorted); run *= 2) {
        for (int32_t apart = run / 2; apart > 0; apart /= 2) {
            __syncthreads();
            const int32_t low = thread / apart * 2 * apart + thread % apart;
            // First each run's end is turned round, so that all runs ascend.
            const int32_t high = apart == run / 2 ? (low | (run - 1)) - low % run : low + apart;
            const uint64_t a = own[low], b = own[high];
            if (a > b) {
                own[low] = b;
                own[high] = a;
            }
        }
    }
    __syncthreads();
    for (int32_t i = thread; i < min(left, kNmsSorted); i += kNmsSorted / 2) keys[begin + i] = own[i];
}

// Of sorted runs of `run` keys each two become one: a key goes where its number in its own run and that of lesser ones in the other say.
extern "C" __global__ void __launch_bounds__(kNmsThreads)
    icconv_nms_merge(const uint64_t* __restrict__ from, uint64_t* __restrict__ to, int64_t run, const NmsCudaState* state) {
    const int64_t count = state->candidates, i = static_cast<int64_t>(blockIdx.x) * kNmsThreads + threadIdx.x;
    if (i >= count) return;
    const uint64_t key = from[i];
    const int64_t own = i / run * run, both = i / (2 * run) * 2 * run;
    const int64_t begin = own == both ? min(own + run, count) : both, end = min(begin + run, count);
    int64_t low = begin, high = end;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (from[middle] < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    to[both + (i - own) + (low - begin)] = key;
}

// Which boxes overlap which: bit j of word w of row i says that the IoU of candidates i and 64 w + j is above the threshold. boxes [N, 4] and groups [N],
// which may be null, by number of the box. Rows [first, first + rows) are written, each of ceil(candidates / 64) words; words left of the diagonal are
// not, since nobody reads them; none is where `most` boxes are kept already. Blocks take tiles of those rows, times words, until none is left.
extern "C" __global__ void __launch_bounds__(kNmsTile)
    icconv_nms_mask(const float* __restrict__ boxes, const int32_t* __restrict__ groups, const uint64_t* __restrict__ keys, int32_t first, int32_t rows,
                    int32_t most, float threshold, uint64_t* __restrict__ mask, const NmsCudaState* state) {
    __shared__ float tile[5][kNmsTile];
    __shared__ int32_t tile_group[kNmsTile];
    const int32_t count = state->candidates, words = (count + kNmsTile - 1) / kNmsTile;
    const int32_t end = state->kept < most ? min(first + rows, count) : first, first_tile = first / kNmsTile;
    const int64_t tiles = static_cast<int64_t>(max(0, (end + kNmsTile - 1) / kNmsTile - first_tile)) * words;
    // An area of 0: overlaps nothing.
    float box[5] = {};
    const auto load = [&](int32_t candidate) {
        const int32_t number = box_of(keys[candidate]);
        const float* const b = boxes + static_cast<int64_t>(number) * 4;
        const float width = __fsub_rn(b[2], b[0]), height = __fsub_rn(b[3], b[1]), area = __fmul_rn(width, height);
        // What has no area, or an infinite one, has IoU 0 or NaN with everything.
        const bool real = width > 0 && height > 0 && area > 0 && area <= 3.402823466e38f;
        for (int i = 0; i < 4; ++i) box[i] = b[i];
        box[4] = real ? area : 0.0f;
        return groups == nullptr ? 0 : groups[number];
    };
    for (int64_t t = blockIdx.x; t < tiles; t += gridDim.x) {
        const int32_t row_tile = first_tile + static_cast<int32_t>(t / words), word = static_cast<int32_t>(t % words);
        if (word < row_tile) continue;
        const int32_t column = word * kNmsTile + static_cast<int32_t>(threadIdx.x), row = row_tile * kNmsTile + static_cast<int32_t>(threadIdx.x);
        const int32_t column_group = column < count ? load(column) : 0;
        __syncthreads();
        for (int i = 0; i < 5; ++i) tile[i][threadIdx.x] = column < count ? box[i] : 0.0f;
        tile_group[threadIdx.x] = column_group;
        __syncthreads();
        if (row >= end) continue;
        const int32_t group = load(row);
        uint64_t bits = 0;
        for (int j = 0; j < kNmsTile && box[4] > 0; ++j) {
            if (word * kNmsTile + j <= row || tile[4][j] <= 0 || tile_group[j] != group) continue;
            const float width = __fsub_rn(fminf(box[2], tile[2][j]), fmaxf(box[0], tile[0][j]));
            const float height = __fsub_rn(fminf(box[3], tile[3][j]), fmaxf(box[1], tile[1][j]));
            if (!(width > 0 && height > 0)) continue;
            const float inter = __fmul_rn(width, height);
            if (__fdiv_rn(inter, __fsub_rn(__fadd_rn(tile[4][j], box[4]), inter)) > threshold) bits |= uint64_t{1} << j;
        }
        mask[static_cast<int64_t>(row - first) * words + word] = bits;
    }
}

// Walks down candidates [first, first + rows), whose rows of the mask are there, and writes the boxes that stay behind those of earlier pieces, `most` in
// all. gone: a bit for each candidate, whether a kept one overlaps it; zero before the first piece. One block.
extern "C" __global__ void __launch_bounds__(kNmsThreads)
    icconv_nms_walk(const uint64_t* __restrict__ keys, const uint64_t* __restrict__ mask, int32_t first, int32_t rows, int32_t most, uint64_t* gone,
                    int32_t* __restrict__ kept, NmsCudaState* state) {
    __shared__ uint64_t near_gone[kNmsWords], diagonal[kNmsTile], tile_gone;
    const int32_t thread = static_cast<int32_t>(threadIdx.x), lane = thread % 32, warp = thread / 32;
    const int32_t count = state->candidates, words = (count + kNmsTile - 1) / kNmsTile, end = min(first + rows, count);
    int32_t written = state->kept;
    if (first >= end || written >= most) return;
    uint64_t* const bits = words <= kNmsWords ? near_gone : gone;
    if (bits == near_gone) {
        for (int32_t w = thread; w < words; w += kNmsThreads) near_gone[w] = gone[w];
    }
    for (int32_t begin = first; begin < end && written < most; begin += kNmsTile) {
        const int32_t word = begin / kNmsTile;
        const uint64_t* const tile = mask + static_cast<int64_t>(begin - first) * words;
        __syncthreads();
        // Past the first-level cache, which other threads' atomics do not reach.
        if (thread == 0) tile_gone = atomicOr(&bits[word], uint64_t{0});
        if (thread < kNmsTile) diagonal[thread] = begin + thread < end ? tile[static_cast<int64_t>(thread) * words + word] : 0;
        __syncthreads();
        // Every thread finds out for itself who of the tile stays.
        const uint64_t there = end - begin >= kNmsTile ? ~uint64_t{0} : (uint64_t{1} << (end - begin)) - 1;
        uint64_t left = there & ~tile_gone, stay = 0;
        for (int i = 0; i < kNmsTile; ++i) {
            const uint64_t bit = uint64_t{1} << i;
            if ((left & bit) == 0) continue;
            stay |= bit;
            left &= ~diagonal[i];
        }
        if (thread < kNmsTile && (stay >> thread & 1) != 0) {
            const int32_t place = written + __popcll(stay & ((uint64_t{1} << thread) - 1));
            if (place < most) kept[place] = box_of(keys[begin + thread]);
        }
        written = min(most, written + __popcll(stay));
        // A warp takes some rows, of all words to the right.
        constexpr int kWarps = kNmsThreads / 32;
        for (int32_t w = word + 1 + lane; w < words; w += 32) {
            uint64_t overlapped = 0;
            for (int i = warp; i < kNmsTile; i += kWarps) {
                if ((stay >> i & 1) != 0) overlapped |= tile[static_cast<int64_t>(i) * words + w];
            }
            if (overlapped != 0) atomicOr(&bits[w], overlapped);
        }
    }
    __syncthreads();
    if (bits == near_gone) {
        for (int32_t w = thread; w < words; w += kNmsThreads) gone[w] = near_gone[w];
    }
    if (thread == 0) state->kept = written;
}
