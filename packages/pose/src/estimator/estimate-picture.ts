/** One picture through the network, flip and scales, grouping, and back to its pixels. */
import {
  groupKeypoints,
  InvalidArgumentError,
  type KeypointGroups,
  type RgbImage,
  runSteps,
  type Steps,
} from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { COARSEST_STRIDE, type PoseConfig } from '../config/pose-config';
import { type InputPlacement, placeInput, prepareInput, toPicture } from '../input/prepare';
import type { CompiledPose } from '../network/compile-pose';
import { keypointMaps } from './keypoint-maps';
import type { Pose, PoseResult, WebEstimateOptions } from './types';

/** @throws {@link InvalidArgumentError} for options that cannot be. */
export function estimatePicture(
  network: Pick<CompiledPose, 'forward'>,
  picture: RgbImage,
  config: PoseConfig,
  options: WebEstimateOptions = {},
): PoseResult {
  return runSteps(estimationSteps(network, picture, config, options));
}

/** {@link estimatePicture} with a break where portable kernels read the maps. */
export function* estimationSteps(
  network: Pick<CompiledPose, 'forward'>,
  picture: RgbImage,
  config: PoseConfig,
  { flip = true, scales = [1], scoreThreshold = 0 }: WebEstimateOptions = {},
): Steps<PoseResult> {
  checkScales(scales);
  const sorted = [...scales].sort((a, b) => b - a);
  const least = sorted.at(-1)!;
  // Tags come from scale 1, or from the only scale; everything is brought to the size of the input there.
  const base = sorted.length === 1 ? sorted[0]! : 1;
  const place = (scale: number) => placeInput(picture, config.input, scale, least);
  const placement = place(base);
  const maps: Tensor4D[] = [];
  let tagsFrom = 0;
  for (const scale of sorted) {
    const here = place(scale);
    const { height, width } = here;
    if (height % COARSEST_STRIDE !== 0 || width % COARSEST_STRIDE !== 0) {
      const expected = `scales at which inputs are multiples of ${COARSEST_STRIDE}, not ${height}x${width} as at ${scale}`;
      throw new InvalidArgumentError('estimate', 'scales', scales, expected);
    }
    const input = prepareInput(picture, here, config.input, flip);
    if (scale === base) tagsFrom = maps.length;
    maps.push(...network.forward(input));
    // The next scale's maps need the memory.
    input.dispose();
  }
  const { heatmaps, tags } = keypointMaps(maps, tagsFrom, placement, config);
  tf.dispose(maps);
  yield { read: { heatmaps, tags } };
  const poses = posesOf(groupKeypoints(heatmaps, tags, config.grouping), picture, placement, config);
  const sure = poses.filter(({ score }) => score >= scoreThreshold).sort((a, b) => b.score - a.score);
  return { width: picture.width, height: picture.height, poses: sure };
}

function posesOf(
  { people, keypoints, scores }: KeypointGroups,
  picture: RgbImage,
  placement: InputPlacement,
  { skeleton }: PoseConfig,
): Pose[] {
  const names = skeleton.keypoints;
  return Array.from({ length: people }, (_, person) => {
    const found = names.map((name, joint) => {
      const at = 3 * (person * names.length + joint);
      const [x, y, score] = keypoints.subarray(at, at + 3) as unknown as [number, number, number];
      const [px, py] = score > 0 ? within(picture, toPicture(x, y, placement)) : [0, 0];
      return { name, x: px, y: py, score };
    });
    return { keypoints: found, score: scores[person]!, box: boxOf(found.filter((one) => one.score > 0)) };
  });
}

/** A maximum of the padding is a keypoint at the border. */
function within(
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
  [x, y]: readonly [number, number],
): [x: number, y: number] {
  return [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)];
}

/** The coarsest features have stride 32, and every output is a multiple of them. @throws {@link InvalidArgumentError} */
export function checkDivisor(config: PoseConfig): void {
  const { divisor } = config.input;
  if (divisor % COARSEST_STRIDE === 0) return;
  const expected = `a multiple of ${COARSEST_STRIDE}`;
  throw new InvalidArgumentError('pose', 'input.divisor', divisor, expected);
}

/** @throws {@link InvalidArgumentError} */
export function checkScales(scales: readonly number[]): void {
  const distinct = new Set(scales);
  const fine = scales.length > 0 && distinct.size === scales.length && scales.every((scale) => scale > 0);
  if (!fine || (scales.length > 1 && !distinct.has(1))) {
    throw new InvalidArgumentError('estimate', 'scales', scales, 'one positive number, or several with 1 among them');
  }
}

function boxOf(points: readonly { readonly x: number; readonly y: number }[]): Pose['box'] {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
