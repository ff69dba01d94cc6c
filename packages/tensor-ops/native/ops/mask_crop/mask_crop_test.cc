#include "ops/mask_crop/mask_crop.h"

#include <cmath>
#include <limits>

#include "common/test.h"
#include "common/thread_executor.h"

namespace icconv {
namespace {

TEST(mask_crop_of_whole_and_half_masks) {
    ThreadExecutor executor(2);
    // 4 x 4 pixels: all, the left half, nothing.
    const int32_t counts[] = {0, 16, 0, 8, 8, 16}, lengths[] = {2, 3, 1}, owners[] = {0, 1, 1, 2, 0};
    const float rois[] = {0, 0, 4, 4, 0, 0, 4, 4, 1, 0, 3, 4, 0, 0, 4, 4, 40, 40, 50, 50};
    float crops[5 * 4];
    crop_masks({3, 5, 4, 4, 2, 0, true, false}, counts, lengths, rois, owners, crops, executor);
    const float expected[] = {1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    EXPECT(test::max_error(crops, expected, 20) < 1e-6);
    // A bin that ends in the middle of the border's pixel: half of it.
    const float shifted[] = {0.5f, 0, 2.5f, 4};
    const int32_t half = 1;
    for (bool binary : {false, true}) {
        crop_masks({3, 1, 4, 4, 1, 2, true, binary}, counts, lengths, shifted, &half, crops, executor);
        EXPECT(std::abs(crops[0] - (binary ? 1.0f : 0.75f)) < 1e-6f);
    }
}

TEST(mask_crop_of_regions_beyond_all_pictures) {
    SerialExecutor serial;
    constexpr float kLargest = std::numeric_limits<float>::max();
    const int32_t counts[] = {0, 63}, lengths[] = {2}, owners[] = {0, 0, 0, 0};
    const float rois[] = {-kLargest, -kLargest, kLargest, kLargest, -1e9f, -1e9f, 1e9f, 1e9f, 5, 5, -5, -5, kLargest, 0, kLargest, 3};
    float crops[4 * 9];
    for (bool aligned : {false, true}) {
        crop_masks({1, 4, 7, 9, 3, 0, aligned, false}, counts, lengths, rois, owners, crops, serial);
        for (float v : crops) EXPECT(v >= 0 && v <= 1);
    }
}

}  // namespace
}  // namespace icconv
