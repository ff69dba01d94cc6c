/** Heatmaps and tags of a picture from the network's outputs. Letters as in `aggregateKeypointMaps`, and t numbers of one tag. */
import { aggregateKeypointMaps, type KeypointMaps } from '@icconv/tensor-ops';
import type { Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type PoseConfig, tagSize } from '../config/pose-config';
import type { InputPlacement } from '../input/prepare';
import { flipIndex } from '../skeleton/skeleton';

/**
 * @param maps - at one scale each, float32 [F, h, w, C]; `maps[tagsFrom]` has the tags.
 * @returns at the size of the input: heatmaps [K, H, W], tags [t F, K or 1, H, W]; the caller disposes them.
 */
export function keypointMaps(
  maps: readonly Tensor4D[],
  tagsFrom: number,
  { height, width }: InputPlacement,
  { head, skeleton }: PoseConfig,
): KeypointMaps {
  const keypoints = skeleton.keypoints.length;
  const options = { keypoints, size: [height, width], flipIndex: flipIndex(skeleton) } as const;
  const { tagUnit } = head;
  if (tagUnit === undefined) return aggregateKeypointMaps(maps, { ...options, tagsFrom });
  return tf.tidy((() => {
    const [withX, withY] = splitTags(maps[tagsFrom]!, keypoints, tagSize(head)) as [Tensor4D, Tensor4D];
    const x = aggregateKeypointMaps(maps.with(tagsFrom, withX), { ...options, tagsFrom });
    const y = aggregateKeypointMaps([withY], options);
    const places = (length: number) => tf.div(tf.add(tf.range(0, length), 0.5), tagUnit);
    const columns = tf.reshape(places(width), [1, 1, 1, width]);
    const rows = tf.reshape(places(height), [1, 1, height, 1]);
    // The mirrored image counts from its own left.
    const images = x.tags.shape[0] === 1 ? columns : tf.concat([columns, tf.reverse(columns, 3)]);
    return { heatmaps: x.heatmaps, tags: tf.concat([tf.add(x.tags, images), tf.add(y.tags, rows)]) };
  }) as () => never) as unknown as KeypointMaps;
}

/** The output with one number of each tag at a time. */
function splitTags(map: Tensor4D, keypoints: number, size: number): Tensor4D[] {
  const [images, height, width, channels] = map.shape;
  const heatmaps = tf.slice(map, [0, 0, 0, 0], [-1, -1, -1, keypoints]);
  const tagMaps = (channels - keypoints) / size;
  const tags = tf.reshape<tf.Rank.R5>(tf.slice(map, [0, 0, 0, keypoints]), [images, height, width, tagMaps, size]);
  return tf.unstack(tags as Tensor5D, 4).map((one) => tf.concat([heatmaps, one as Tensor4D], 3));
}
