// Images to a batch: samples 8-bit pictures through affine maps, corrects their colour, normalises them and puts them into one
// float batch. Letters: B batch size, H and W height and width of the batch.
//
// Coordinates are continuous: pixel i covers [i, i + 1], its centre is i + 0.5 (the half-pixel convention of torchvision's and
// OpenCV's resizing). A map takes the centre of an output pixel to a point of the source; the source is read there bilinearly,
// its border pixels repeated outwards, and where the point lies outside of the source the fill colour stands. As OpenCV warps, the
// source lies on a plane of the fill colour instead, and within half a pixel of its edge, inside and outside, the two blend.
#ifndef ICCONV_OPS_IMAGE_BATCH_H_
#define ICCONV_OPS_IMAGE_BATCH_H_

#include <cstdint>

#include "common/executor.h"

namespace icconv {

// Interleaved RGB, rows without gaps.
struct SourceImage {
    const uint8_t* data;
    int64_t height;
    int64_t width;
};

// One source painted into a rectangle of one image of the batch; later placements cover earlier ones.
struct Placement {
    int32_t source;
    int32_t batch;
    // Rows [top, bottom), columns [left, right) of the output.
    int32_t top, left, bottom, right;
    // x = map[0] * X + map[1] * Y + map[2], y = map[3] * X + map[4] * Y + map[5]: (X, Y) of the output to (x, y) of the source.
    double map[6];
    // Row-major 3x4: new channel i = colour[4 i] R + colour[4 i + 1] G + colour[4 i + 2] B + colour[4 i + 3], clamped to 0..255.
    float colour[12];
    bool has_colour;
};

struct ImageBatchParams {
    int64_t batch;
    int64_t height;
    int64_t width;
    // Output channel c = value * scale[c] + bias[c], of source channel c, or 2 - c when reversed (BGR). Outside of all placements 0.
    float scale[3];
    float bias[3];
    bool reversed;
    // Colour where a map leads outside of its source, 0..255.
    float fill[3];
    // Widen the bilinear kernel when shrinking, as Pillow does. Of maps without rotation or shear only.
    bool antialias;
    // Round sampled values to whole numbers, as libraries that resize to 8 bits do.
    bool round;
    // As OpenCV 4's warpAffine with a constant border, to the bit: see resampling.h. Fill colours are whole numbers then, `round` is
    // implied, and `antialias` is not heeded.
    bool opencv;
};

// Index of the first placement that names no source or leaves the batch; -1 if there is none.
int64_t first_bad_placement(const ImageBatchParams& params, int64_t sources, const Placement* placements, int64_t count);

// out: [B, H, W, 3]. Placements must be valid.
void image_batch(const ImageBatchParams& params, const SourceImage* sources, const Placement* placements, int64_t count, float* out,
                 Executor& executor);

}  // namespace icconv

#endif  // ICCONV_OPS_IMAGE_BATCH_H_
