/** Kernels of `aggregateKeypointMaps`. Inputs are a list, because their number varies. */
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { attr } from '../../kernel/native-backend';
import { registerOnAllBackends } from '../../kernel/registry';

export const AGGREGATE_KEYPOINT_MAPS = 'IcConvAggregateKeypointMaps';

export interface KeypointMapsAttrs {
  readonly keypoints: number;
  readonly size: readonly [height: number, width: number];
  readonly flipIndex: readonly number[];
  readonly tagsFrom: number;
}

/** Gives float32 [K, H, W] and [T, K or 1, H, W]. */
export function registerKeypointMaps(): void {
  registerOnAllBackends<Tensor4D[], KeypointMapsAttrs>(AGGREGATE_KEYPOINT_MAPS, (inputs, attrs, { native }) => {
    const maps = Object.values(inputs);
    if (native === undefined) return aggregatePortable(maps, attrs);
    return native.executeMultipleOutputs(
      'IcconvAggregateKeypointMaps',
      [
        attr.int('N', maps.length),
        attr.int('keypoints', attrs.keypoints),
        attr.int('flip_index', attrs.flipIndex),
        attr.int('tags_from', attrs.tagsFrom),
      ],
      // Pictures differ in size, and TensorFlow keeps a kernel for every set of attributes that it has seen.
      [...maps, tf.tensor1d([...attrs.size], 'int32')],
      2,
    ) as Tensor[];
  });
}

/** The same as ordinary operators. */
export function aggregatePortable(maps: readonly Tensor4D[], attrs: KeypointMapsAttrs): [Tensor3D, Tensor4D] {
  const { keypoints, size, flipIndex } = attrs;
  const flip = tf.tensor1d([...flipIndex], 'int32');
  const planar = (map: Tensor4D) => tf.transpose(resize(map, size), [0, 3, 1, 2]);
  /** `count` channels of each image, the second mirrored back; where there is one for each keypoint, left and right change places. */
  const images = (map: Tensor4D, begin: number, count: number): Tensor4D[] => {
    const [amount, height, width] = map.shape;
    return Array.from({ length: amount }, (_, f) => {
      const part = tf.slice(map, [f, 0, 0, begin], [1, height, width, count]);
      if (f === 0) return part;
      const mirrored = tf.reverse(part, 2);
      return count === keypoints ? tf.gather(mirrored, flip, 3) : mirrored;
    });
  };
  const means = maps.map((map) => {
    const [first, second] = images(map, 0, keypoints) as [Tensor4D, Tensor4D?];
    return planar(second === undefined ? first : tf.mul(tf.add(first, second), 0.5));
  });
  const heatmaps = tf.reshape<tf.Rank.R3>(tf.mul(tf.addN(means), 1 / maps.length), [keypoints, ...size]);
  const source = maps[attrs.tagsFrom]!;
  const tags = tf.concat(images(source, keypoints, source.shape[3] - keypoints).map(planar)) as Tensor4D;
  return [heatmaps, tags];
}

function resize(map: Tensor4D, [height, width]: readonly [number, number]): Tensor4D {
  if (map.shape[1] === height && map.shape[2] === width) return map;
  return tf.image.resizeBilinear(map, [height, width], false, true);
}
