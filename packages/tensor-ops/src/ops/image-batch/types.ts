/** What the operators on pictures take; see native/ops/image_batch/image_batch.h for the coordinates. */

/** An 8-bit picture in the host's memory: interleaved RGB, rows without gaps. */
export interface RgbImage {
  /** At least height * width * 3 numbers. */
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly height: number;
  readonly width: number;
}

/**
 * Continuous coordinates of the output to those of the source: x = m[0] X + m[1] Y + m[2], y = m[3] X + m[4] Y + m[5].
 * Pixel i covers [i, i + 1]; its centre is i + 0.5.
 */
export type AffineMap = readonly [number, number, number, number, number, number];

/** One picture painted into a rectangle of one image of the batch. */
export interface ImagePlacement {
  /** Index of the picture. */
  readonly source: number;
  /** Index within the batch. */
  readonly batch: number;
  /** Rows [top, bottom) and columns [left, right) of the batch. */
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly map: AffineMap;
  /**
   * Change of colour, row-major 3x4: new channel i = c[4 i] R + c[4 i + 1] G + c[4 i + 2] B + c[4 i + 3] on values of 0 to 255, clamped to
   * that range. Default: none.
   */
  readonly colour?: readonly number[];
}

export interface PixelOptions {
  /** Subtracted, in units of 0 to 255 and the order of the output's channels. @defaultValue `[0, 0, 0]` */
  readonly mean?: readonly [number, number, number];
  /** Divisor, as `mean`. @defaultValue `[1, 1, 1]` */
  readonly std?: readonly [number, number, number];
  /** Order of the output's channels. @defaultValue `'rgb'` */
  readonly channelOrder?: 'rgb' | 'bgr';
  /** R, G, B of 0 to 255 where a map leads outside of its picture. @defaultValue `mean`, which becomes 0 */
  readonly fill?: readonly [number, number, number];
  /** Widen the bilinear kernel when shrinking, as Pillow and torchvision's `antialias=True` do; maps that rotate do not. @defaultValue `false` */
  readonly antialias?: boolean;
  /** Round samples to whole numbers before normalising, as libraries that resize to 8 bits (OpenCV, Pillow) do. @defaultValue `false` */
  readonly round?: boolean;
  /**
   * `'opencv'`: what OpenCV 4's `warpAffine` computes with `INTER_LINEAR` and a constant border of colour `fill`, to the bit. Positions are
   * rounded to 1/32 of a pixel and samples to whole numbers, and within half a pixel of a picture's edge it blends with `fill`, which is
   * rounded too. Excludes `antialias`. `'exact'`: positions as they are, the border pixels repeated up to the edge. @defaultValue `'exact'`
   */
  readonly warp?: 'exact' | 'opencv';
}

/** Attributes of the kernel: everything but the pixels, complete. */
export interface ImageBatchAttrs {
  readonly sizes: readonly (readonly [height: number, width: number])[];
  readonly placements: readonly ImagePlacement[];
  readonly shape: readonly [batch: number, height: number, width: number];
  /** Output channel c = value * scale[c] + bias[c]. */
  readonly scale: readonly number[];
  readonly bias: readonly number[];
  readonly fill: readonly number[];
  readonly reversed: boolean;
  readonly antialias: boolean;
  readonly round: boolean;
  readonly opencv: boolean;
}
