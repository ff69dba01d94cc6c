/** Pictures whose keypoints a fixed network reads off; painted here and in tooling/reference/make_pose.py by the same arithmetic. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type PoseConfig, poseConfig } from '../../src';

export interface PaintedPicture {
  readonly height: number;
  readonly width: number;
  readonly people: readonly (readonly [x0: number, y0: number, x1: number, y1: number, tag: number])[];
}

/** The pictures that mmpose has seen too. */
export const PICTURES: readonly PaintedPicture[] = [
  {
    height: 150,
    width: 230,
    people: [
      [60.3, 50.2, 95.5, 64, 20],
      [160, 90.7, 180.4, 42.1, 120],
      [200.2, 120, 150, 128.6, 220],
    ],
  },
  {
    height: 211,
    width: 140,
    people: [
      [50, 60.5, 90.7, 70.2, 40],
      [70.3, 150, 110, 178.3, 160],
    ],
  },
];

/** 8-bit RGB: joint 0 is a red blob, joint 1 a green one; blue, around both, is the person's tag. */
export function painted({ height, width, people }: PaintedPicture) {
  const values = new Float64Array(height * width * 3);
  for (const [x0, y0, x1, y1, tag] of people) {
    for (const [channel, px, py] of [
      [0, x0, y0],
      [1, x1, y1],
    ] as const) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const square = (x - px) ** 2 + (y - py) ** 2;
          const at = (y * width + x) * 3;
          values[at + channel] = Math.max(values[at + channel]!, 230 * Math.exp(-square / (2 * 7 ** 2)));
          if (square < 24 ** 2) values[at + 2] = tag;
        }
      }
    }
  }
  return { data: Uint8Array.from(values, Math.round), height, width };
}

const MEAN = [123.675, 116.28, 103.53];
const DEVIATION = [58.395, 57.12, 57.375];

/** Heatmaps are means of 4x4 pixels of red and green, tags 30 times the blue, the second with a tenth of the red. */
export const paintedNetwork = {
  forward(x: Tensor4D): Tensor4D[] {
    return tf.tidy(() => {
      const pixels = tf.add(tf.mul(x, tf.tensor1d(DEVIATION)), tf.tensor1d(MEAN)) as Tensor4D;
      const small = tf.avgPool(tf.div(pixels, 255) as Tensor4D, 4, 4, 'valid');
      const [red, green, blue] = tf.split(small, 3, 3) as [Tensor4D, Tensor4D, Tensor4D];
      return [tf.concat([red, green, tf.mul(blue, 30), tf.add(tf.mul(blue, 30), tf.mul(red, 0.1))], 3) as Tensor4D];
    });
  },
};

export function paintedConfig(size = 128): PoseConfig {
  const skeleton = { keypoints: ['red', 'green'], edges: [[0, 1]] as const, swapPairs: [], sigmas: [0.1, 0.1] };
  const base = poseConfig({ backbone: 18, skeleton });
  return { ...base, input: { ...base.input, size } };
}
