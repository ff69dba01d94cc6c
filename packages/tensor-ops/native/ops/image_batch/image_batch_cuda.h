// Images to a batch on CUDA: the host's part. Rules: image_batch.h; kernel: image_batch.cu.
#ifndef ICCONV_OPS_IMAGE_BATCH_CUDA_H_
#define ICCONV_OPS_IMAGE_BATCH_CUDA_H_

#include <cstdint>

#include "common/memory.h"
#include "cuda/launcher.h"
#include "ops/image_batch/image_batch.cuh"
#include "ops/image_batch/image_batch.h"

namespace icconv {

// Placements with their tables, to be copied to the device before the call.
struct ImageBatchCudaPlan {
    // sources: with pixels in memory of the device. Placements must be valid.
    ImageBatchCudaPlan(const ImageBatchParams& params, const SourceImage* sources, const Placement* placements, int64_t count);

    Array<ImageCudaPlacement> placements;
    Array<int32_t> numbers;
    Array<int64_t> longs;
};

// The plan's three lists where they are on the device.
struct ImageBatchCudaPlaced {
    const ImageCudaPlacement* placements;
    const int32_t* numbers;
    const int64_t* longs;
};

// out: [B, H, W, 3] on the device.
void image_batch_cuda(const ImageBatchParams& params, const ImageBatchCudaPlan& plan, const ImageBatchCudaPlaced& placed, float* out,
                      Launcher& launcher);

}  // namespace icconv

#endif  // ICCONV_OPS_IMAGE_BATCH_CUDA_H_
