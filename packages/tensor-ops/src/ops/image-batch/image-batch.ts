/**
 * Pictures to a normalised batch in one pass over the pixels: sampling through affine maps (resize, crop, flip, rotation), change of
 * colour, normalisation, padding. Letters: B batch, H, W height and width of the batch.
 */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError } from '../../errors';
import { checkResult, checkWhole, isWhole, orAtMost } from '../../kernel/check';
import { runKernel } from '../../kernel/registry';
import { packPixels } from './pack';
import { IMAGE_BATCH } from './register-image-batch';
import type { ImageBatchAttrs, ImagePlacement, PixelOptions, RgbImage } from './types';

export interface ImageBatchOptions extends PixelOptions {
  /** B, H, W of the result. */
  readonly shape: readonly [batch: number, height: number, width: number];
}

/**
 * Paints pictures into a float batch.
 *
 * Sampling is bilinear with half-pixel centres, the border pixels repeated outwards: what torchvision (`interpolate(..., mode='bilinear',
 * align_corners=False)`) and OpenCV (`INTER_LINEAR`) compute when resizing, without OpenCV's 11-bit weights; `warp: 'opencv'` is
 * OpenCV's `warpAffine`. Later placements cover earlier ones; where there is none, the batch is 0.
 *
 * @param images - pictures; not changed.
 * @param placements - where each goes; a picture may be placed several times or not at all.
 * @returns float32 [B, H, W, 3]. The caller disposes it. No gradient: pixels are data.
 * @throws {@link InvalidArgumentError}, {@link UnsupportedBackendError}
 */
export function imageBatch(
  images: readonly RgbImage[],
  placements: readonly ImagePlacement[],
  options: ImageBatchOptions,
): Tensor4D {
  const attrs = complete('imageBatch', images, placements, options);
  return run('imageBatch', images, attrs);
}

export interface ResizeNormalizeOptions extends PixelOptions {
  /** Height and width of the resized picture; a list gives one for each. */
  readonly size: readonly [height: number, width: number] | readonly (readonly [height: number, width: number])[];
  /** Height and width of the batch are rounded up to a multiple of this; the rest is 0. @defaultValue `1` */
  readonly multipleOf?: number;
}

/**
 * Resizes and normalises pictures of any sizes into one batch, each at the top left.
 *
 * @returns float32 [B, H, W, 3], H and W the largest of `size`, rounded up. The caller disposes it.
 * @throws {@link InvalidArgumentError}, {@link UnsupportedBackendError}
 * @example
 * ```ts
 * const image = { data: new Uint8Array([0, 0, 0, 255, 255, 255]), height: 1, width: 2 }; // black, white
 * resizeNormalize([image], { size: [1, 4], mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] });
 * // float32 [1, 1, 4, 3], values -1, -0.5, 0.5, 1
 * ```
 */
export function resizeNormalize(images: readonly RgbImage[], options: ResizeNormalizeOptions): Tensor4D {
  const op = 'resizeNormalize';
  const { size, multipleOf = 1, ...pixels } = options;
  const several = Array.isArray(size[0]);
  const sizes = images.map((_, i) => (several ? size[i] : size) as readonly [number, number] | undefined);
  if (several && size.length !== images.length) {
    throw new InvalidArgumentError(
      op,
      'size',
      `${size.length} sizes`,
      `one size, or one for each of ${images.length} images`,
    );
  }
  for (const one of sizes) {
    if (one?.length !== 2 || !one.every((side) => isWhole(side, 1))) {
      throw new InvalidArgumentError(
        op,
        'size',
        one,
        orAtMost(one, 'two whole numbers of at least 1, height and width'),
      );
    }
  }
  checkWhole(op, 'multipleOf', multipleOf, 1);
  const up = (side: number) => Math.ceil(side / multipleOf) * multipleOf;
  const side = (axis: 0 | 1) => up(Math.max(1, ...sizes.map((one) => one![axis])));
  const placements = images.map((image, i): ImagePlacement => {
    const [bottom, right] = sizes[i]!;
    const map = [image.width / right, 0, 0, 0, image.height / bottom, 0] as const;
    return { source: i, batch: i, top: 0, left: 0, bottom, right, map };
  });
  return run(op, images, complete(op, images, placements, { ...pixels, shape: [images.length, side(0), side(1)] }));
}

function run(op: string, images: readonly RgbImage[], attrs: ImageBatchAttrs): Tensor4D {
  if (images.length === 0) return tf.zeros([...attrs.shape, 3]);
  const packed = images.map((image) => tf.tensor1d(packPixels(image), 'int32'));
  try {
    return runKernel<Tensor4D>(op, IMAGE_BATCH, Object.fromEntries(packed.entries()), attrs);
  } finally {
    tf.dispose(packed);
  }
}

function complete(
  op: string,
  images: readonly RgbImage[],
  placements: readonly ImagePlacement[],
  options: ImageBatchOptions,
): ImageBatchAttrs {
  const { shape, mean = [0, 0, 0], std = [1, 1, 1], channelOrder = 'rgb' } = options;
  const { antialias = false, warp = 'exact' } = options;
  const opencv = warp === 'opencv';
  const round = options.round ?? opencv;
  const reversed = channelOrder === 'bgr';
  const given = options.fill ?? (reversed ? [...mean].reverse() : mean);
  const fill = opencv ? given.map((value) => Math.min(Math.max(Math.round(value), 0), 255)) : given;
  const [batch, height, width] = shape;
  const whole = (value: number) => isWhole(value, 0);
  if (shape.length !== 3 || !shape.every(whole)) {
    throw new InvalidArgumentError(op, 'shape', shape, orAtMost(shape, 'batch, height and width, whole numbers'));
  }
  checkResult(op, [...shape, 3]);
  for (const [name, values] of Object.entries({ mean, std, fill })) {
    if (values.length !== 3 || !values.every(Number.isFinite) || (name === 'std' && values.includes(0))) {
      throw new InvalidArgumentError(op, name, values, `three numbers${name === 'std' ? ' other than 0' : ''}`);
    }
  }
  if ((warp !== 'exact' && warp !== 'opencv') || (opencv && antialias)) {
    const received = antialias ? `${warp} with antialias` : warp;
    throw new InvalidArgumentError(op, 'warp', received, "'exact', or 'opencv' without antialias");
  }
  for (const [i, image] of images.entries()) {
    const bytes = image.height * image.width * 3;
    if (![image.height, image.width].every((side) => isWhole(side, 1)) || image.data.length < bytes) {
      const received = `${image.height}x${image.width} with ${image.data.length} bytes`;
      throw new InvalidArgumentError(op, `images[${i}]`, received, 'interleaved RGB, three bytes a pixel');
    }
  }
  for (const [i, p] of placements.entries()) {
    const { source, top, left, bottom, right, map, colour } = p;
    const placed = [source, p.batch, top, left, bottom, right].every(whole) && top <= bottom && left <= right;
    if (!placed || source >= images.length || p.batch >= batch || bottom > height || right > width) {
      const expected = `a rectangle within [${shape.join(', ')}] and one of ${images.length} images`;
      throw new InvalidArgumentError(op, `placements[${i}]`, JSON.stringify(p), expected);
    }
    if (map.length !== 6 || !map.every(Number.isFinite)) {
      throw new InvalidArgumentError(op, `placements[${i}].map`, map, 'six finite numbers');
    }
    if (colour !== undefined && (colour.length !== 12 || !colour.every(Number.isFinite))) {
      throw new InvalidArgumentError(op, `placements[${i}].colour`, colour, 'twelve finite numbers');
    }
  }
  return {
    sizes: images.map((image) => [image.height, image.width] as const),
    placements,
    shape: [batch, height, width],
    scale: std.map((value) => 1 / value),
    bias: mean.map((value, c) => -value / std[c]!),
    fill,
    reversed,
    antialias,
    round,
    opencv,
  };
}
