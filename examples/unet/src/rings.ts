/** Pictures to segment: outlines of ellipses, whose inside is the answer. A pixel has to see an outline all around to know its side. */
import * as tf from '@tensorflow/tfjs-core';

export const SIDE = 64;

export interface Rings {
  /** float32 [N, SIDE, SIDE, 1]: outlines and noise. */
  readonly images: tf.Tensor4D;
  /** float32 [N, SIDE, SIDE, 1]: 1 inside. */
  readonly masks: tf.Tensor4D;
}

/** The same numbers give the same pictures. */
export function rings(count: number, seed: number): Rings {
  let state = seed >>> 0;
  const draw = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const images = new Float32Array(count * SIDE * SIDE);
  const masks = new Float32Array(images.length);
  for (let n = 0; n < count; n++) {
    const at = n * SIDE * SIDE;
    for (let i = 0; i < SIDE * SIDE; i++) images[at + i] = 0.3 * (draw() - 0.5);
    for (let k = 0; k < 2; k++) {
      // Wider than high, so that the axes differ.
      const [ry, rx] = [4 + 8 * draw(), 8 + 16 * draw()];
      const [cy, cx] = [SIDE * draw(), SIDE * draw()];
      for (let y = 0; y < SIDE; y++) {
        for (let x = 0; x < SIDE; x++) {
          const radius = Math.hypot((y - cy) / ry, (x - cx) / rx);
          if (radius < 1) masks[at + y * SIDE + x] = 1;
          if (Math.abs(radius - 1) * Math.min(ry, rx) < 0.8) images[at + y * SIDE + x]! += 1;
        }
      }
    }
  }
  const shape: [number, number, number, number] = [count, SIDE, SIDE, 1];
  return { images: tf.tensor4d(images, shape), masks: tf.tensor4d(masks, shape) };
}
