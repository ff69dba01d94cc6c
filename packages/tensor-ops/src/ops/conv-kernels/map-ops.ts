/** Small operators on the map axes of NHWC tensors that the portable kernels are made of. */

import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../kernel/geometry';

/** Pads the map with `value`, or crops it where a length is negative; each pair is [before, after]. */
export function padOrCrop(x: Tensor4D, rows: Pair, columns: Pair, value = 0): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const cut = (length: number) => Math.max(0, -length);
  const add = (length: number) => Math.max(0, length);
  const crops = [rows[0], rows[1], columns[0], columns[1]].some((length) => length < 0);
  const pads = [rows[0], rows[1], columns[0], columns[1]].some((length) => length > 0);
  const kept = crops
    ? tf.slice(
        x,
        [0, cut(rows[0]), cut(columns[0]), 0],
        [batch, height - cut(rows[0]) - cut(rows[1]), width - cut(columns[0]) - cut(columns[1]), channels],
      )
    : x;
  if (!pads) return kept;
  return tf.pad(
    kept,
    [
      [0, 0],
      [add(rows[0]), add(rows[1])],
      [add(columns[0]), add(columns[1])],
      [0, 0],
    ],
    value,
  );
}

/** `size` pixels from `start` on, every `step`-th of them. */
export function window(x: Tensor4D, start: Pair, size: Pair, step: Pair): Tensor4D {
  const [batch, , , channels] = x.shape;
  if (step[0] === 1 && step[1] === 1) {
    return tf.slice(x, [0, start[0], start[1], 0], [batch, size[0], size[1], channels]);
  }
  const end = [start[0] + step[0] * (size[0] - 1) + 1, start[1] + step[1] * (size[1] - 1) + 1] as const;
  return tf.stridedSlice(
    x,
    [0, start[0], start[1], 0],
    [batch, end[0], end[1], channels],
    [1, step[0], step[1], 1],
  ) as Tensor4D;
}

/** Puts `steps - 1` zeros after every pixel of each axis: [N, H, W, C] to [N, H*sH, W*sW, C]. */
export function spread(x: Tensor4D, steps: Pair): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  let wide: tf.Tensor = x;
  if (steps[1] > 1) {
    wide = tf.pad(tf.reshape(wide, [batch * height * width, 1, channels]), [
      [0, 0],
      [0, steps[1] - 1],
      [0, 0],
    ]);
  }
  if (steps[0] > 1) {
    wide = tf.pad(tf.reshape(wide, [batch * height, 1, width * steps[1] * channels]), [
      [0, 0],
      [0, steps[0] - 1],
      [0, 0],
    ]);
  }
  return tf.reshape(wide, [batch, height * steps[0], width * steps[1], channels]);
}
