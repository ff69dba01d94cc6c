/**
 * Heatmaps and tag maps of one image from a network's outputs at several scales and for the mirrored image.
 * Letters: K kinds of keypoint, T tags a keypoint, F 2 with a flip test and else 1, H, W size of the result, h, w size of one output.
 */
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkResult, checkTensor, checkWhole, isWhole, orAtMost } from '../../kernel/check';
import { runKernel } from '../../kernel/registry';
import { AGGREGATE_KEYPOINT_MAPS, type KeypointMapsAttrs } from './register-keypoint-maps';

export interface AggregateKeypointMapsOptions {
  /** K. */
  readonly keypoints: number;
  /** Height and width of the result. */
  readonly size: readonly [height: number, width: number];
  /** For each keypoint the one it is in the mirrored image; needed where F is 2. */
  readonly flipIndex?: readonly number[];
  /** Index of the output whose tags are taken. @defaultValue `0` */
  readonly tagsFrom?: number;
}

export interface KeypointMaps {
  /** float32 [K, H, W] */
  readonly heatmaps: Tensor3D;
  /** float32 [T, K, H, W], or [T, 1, H, W] where the network has one tag channel; T = F, the mirrored image's tags are the second. */
  readonly tags: Tensor4D;
}

/**
 * Averages heatmaps over scales and flip, and takes the tags of one scale, resized to one size in the layout of `groupKeypoints`.
 *
 * Resizing is bilinear with half-pixel centres and without antialiasing, as torch's `interpolate(..., align_corners=False)`.
 * It has no gradient.
 *
 * @param maps - outputs at one scale each, float32 [F, h, w, C]: image 1, if there, is the result for the image mirrored in x. C is K
 *   heatmaps and then 0, 1 or K tag channels; `maps[tagsFrom]` must have tags.
 * @returns the caller disposes both tensors.
 * @throws {@link ShapeMismatchError}, {@link InvalidArgumentError}, {@link UnsupportedBackendError}
 */
export function aggregateKeypointMaps(maps: readonly Tensor4D[], options: AggregateKeypointMapsOptions): KeypointMaps {
  const attrs = check(maps, options);
  const inputs = Object.fromEntries(maps.entries());
  const [heatmaps, tags] = runKernel<[Tensor3D, Tensor4D]>(
    'aggregateKeypointMaps',
    AGGREGATE_KEYPOINT_MAPS,
    inputs,
    attrs,
  );
  return { heatmaps, tags };
}

function check(maps: readonly Tensor4D[], options: AggregateKeypointMapsOptions): KeypointMapsAttrs {
  const op = 'aggregateKeypointMaps';
  const { keypoints, size, flipIndex, tagsFrom = 0 } = options;
  checkWhole(op, 'keypoints', keypoints, 1);
  if (size?.length !== 2 || !size.every((side) => isWhole(side, 1))) {
    throw new InvalidArgumentError(
      op,
      'size',
      size,
      orAtMost(size, 'two whole numbers of at least 1, height and width'),
    );
  }
  if (maps.length === 0) throw new InvalidArgumentError(op, 'maps', maps, 'at least one tensor');
  if (!Number.isInteger(tagsFrom) || tagsFrom < 0 || tagsFrom >= maps.length) {
    throw new InvalidArgumentError(op, 'tagsFrom', tagsFrom, `the index of one of ${maps.length} maps`);
  }
  let flipped = false;
  for (const [i, map] of maps.entries()) {
    checkTensor(op, `maps[${i}]`, map, '[F, h, w, C]', 4);
    const [images, , , channels] = map.shape;
    const tagChannels = channels - keypoints;
    const known = tagChannels === 1 || tagChannels === keypoints || (tagChannels === 0 && i !== tagsFrom);
    if (images > 2 || !known) {
      const counts =
        i === tagsFrom ? `${keypoints + 1} or ${2 * keypoints}` : `${keypoints}, ${keypoints + 1} or ${2 * keypoints}`;
      const expected = `[1 or 2, h, w, ${counts}] for ${keypoints} keypoints${i === tagsFrom ? ' with tags' : ''}`;
      throw new ShapeMismatchError(op, `maps[${i}]`, expected, map.shape);
    }
    flipped ||= images === 2;
    checkResult(op, [images, channels, ...size]);
  }
  const natural = Array.from({ length: keypoints }, (_, k) => k);
  const permutes =
    flipIndex?.length === keypoints && new Set(flipIndex).size === keypoints && flipIndex.every((k) => k in natural);
  if (flipIndex === undefined ? flipped : !permutes) {
    throw new InvalidArgumentError(op, 'flipIndex', flipIndex, `a permutation of 0 to ${keypoints - 1}`);
  }
  return { keypoints, size: [size[0], size[1]], flipIndex: flipIndex ?? natural, tagsFrom };
}
