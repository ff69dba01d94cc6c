/**
 * From a picture to the network's input at one scale, and from the input's pixels back.
 *
 * Source: open-mmlab/mmpose 0.29, datasets/pipelines/bottom_up_transform.py (`_get_multi_scale_size`, `_resize_align_multi_scale`) and
 * core/post_processing/post_transforms.py (`get_affine_transform`, `transform_preds`).
 */
import { type AffineMap, imageBatch, type PixelOptions, type RgbImage } from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { PoseInputConfig } from '../config/pose-config';

/** How a picture lies in the input. */
export interface InputPlacement {
  readonly height: number;
  readonly width: number;
  /** Pixels of the input for one of the picture. */
  readonly scale: number;
  /** Of the picture, which lies in the middle of the input: x, y in pixels. */
  readonly centre: readonly [number, number];
}

/** As OpenCV's `warpAffine` computes by default, in training too: black outside of the picture, with which its edge blends. */
export function posePixels({ mean, deviation }: PoseInputConfig): PixelOptions {
  return { mean, std: deviation, fill: [0, 0, 0], warp: 'opencv' };
}

/**
 * Size of the input at a scale: the shorter side is `size`, rounded up to a multiple of `divisor` at the least scale; the longer side
 * likewise, so that the picture is padded there.
 *
 * @param scale - among the scales of the test. @param least - the least of them.
 */
export function placeInput(
  picture: { readonly height: number; readonly width: number },
  { size, divisor, sampling }: PoseInputConfig,
  scale = 1,
  least = scale,
): InputPlacement {
  const { height, width } = picture;
  const up = (length: number) => Math.ceil(length / divisor) * divisor;
  const short = up(least * size);
  const shorter = Math.trunc((short * scale) / least);
  const upright = width < height;
  const ratio = upright ? height / width : width / height;
  const longer = Math.trunc((up(short * ratio) * scale) / least);
  const centre: [number, number] = [width / 2, height / 2];
  return {
    height: upright ? longer : shorter,
    width: upright ? shorter : longer,
    scale: shorter / Math.min(width, height),
    centre: sampling === 'mmpose' ? [roundHalfEven(centre[0]), roundHalfEven(centre[1])] : centre,
  };
}

/**
 * Resizes and normalises.
 *
 * @param flip - the mirrored input as a second image.
 * @returns float32 [1 or 2, H, W, 3]; the caller disposes it.
 */
export function prepareInput(
  picture: RgbImage,
  placement: InputPlacement,
  config: PoseInputConfig,
  flip = false,
): Tensor4D {
  const { height, width } = placement;
  const map = config.sampling === 'mmpose' ? mmposeMap(placement) : halfPixelMap(placement);
  const [a, , c, , e, f] = map;
  const whole = { source: 0, top: 0, left: 0, bottom: height, right: width };
  const mirrored: AffineMap = [-a, 0, c + a * width, 0, e, f];
  const placements = [{ ...whole, batch: 0, map }, ...(flip ? [{ ...whole, batch: 1, map: mirrored }] : [])];
  return imageBatch([picture], placements, { ...posePixels(config), shape: [placements.length, height, width] });
}

function halfPixelMap({ height, width, scale, centre: [x, y] }: InputPlacement): AffineMap {
  return [1 / scale, 0, x - width / 2 / scale, 0, 1 / scale, y - height / 2 / scale];
}

/**
 * mmpose maps the numbers of pixels, which here lie half a pixel before their centres, and finds the map from three points in float32: the
 * input's centre, the point half its width above, and from there as far to the left. What rounding does to them moves samples by up to
 * 1/32 of a pixel.
 */
function mmposeMap({ height, width, scale, centre: [x, y] }: InputPlacement): AffineMap {
  const above = Math.fround(y - width / 2 / scale);
  const left = Math.fround(x - Math.fround(y - above));
  const [perColumn, perRow] = [(x - left) / (width / 2), (y - above) / (width / 2)];
  const shift = (middle: number, step: number, length: number) => middle - (length / 2 + 0.5) * step + 0.5;
  return [perColumn, 0, shift(x, perColumn, width), 0, perRow, shift(y, perRow, height)];
}

/** A point of the input, which has pixel (0, 0)'s centre at (0.5, 0.5), in pixels of the picture. */
export function toPicture(x: number, y: number, { height, width, scale, centre }: InputPlacement): [number, number] {
  return [(x - width / 2) / scale + centre[0], (y - height / 2) / scale + centre[1]];
}

/** Python's `round`. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
