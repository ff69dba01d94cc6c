/** How far a trained network sees: pixels that move the middle of its last feature map. */
import { type ResNetConfig, resnet, type StateDict, under } from '@icconv/models';
import { seededRandom } from '@icconv/training';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Of the squared gradient. */
const SHARE = 0.95;

/**
 * The effective receptive field of C5's middle: on each axis the pixels, symmetric about the middle, that hold 95 % of the squared gradient of
 * a random mix of its channels, summed over pictures.
 *
 * @param images - float32 [N, H, W, 3] as the network takes them; disposed.
 */
export function effectiveField(
  weights: Readonly<StateDict>,
  config: ResNetConfig,
  prefix: string,
  images: readonly Tensor4D[],
): { height: number; width: number } {
  const random = seededRandom(1, 'field');
  const [, rows, columns] = images[0]!.shape;
  const energy = new Float64Array(rows * columns);
  const backbone = under(weights, prefix);
  for (const image of images) {
    const squared = tf.tidy(() => {
      const gradient = tf.grad((x) => {
        const { c5 } = resnet(backbone, x as Tensor4D, config, { returns: ['c5'] });
        const [, height, width, channels] = c5.shape;
        const middle = tf.slice(c5, [0, Math.floor(height / 2), Math.floor(width / 2), 0], [-1, 1, 1, -1]);
        const mix = tf.tensor1d(Float32Array.from({ length: channels }, () => random.normal()));
        return tf.sum(tf.mul(middle, mix));
      })(image);
      return tf.sum(tf.square(gradient), [0, 3]).dataSync();
    });
    for (let i = 0; i < energy.length; i++) energy[i]! += squared[i]!;
    image.dispose();
  }
  const along = (count: number, at: (line: number) => number): number => {
    const lines = Array.from({ length: count }, (_, line) => at(line));
    const all = lines.reduce((sum, value) => sum + value, 0);
    // C5's middle unit stands for this pixel.
    const middle = (Math.floor(count / 32 / 2) + 0.5) * 32;
    for (let reach = 1; reach < count; reach++) {
      const held = lines.reduce((sum, value, line) => sum + (Math.abs(line + 0.5 - middle) <= reach ? value : 0), 0);
      if (held >= SHARE * all) return 2 * reach;
    }
    return count;
  };
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
  return {
    height: along(rows, (row) => sum(energy.subarray(row * columns, (row + 1) * columns))),
    width: along(columns, (column) => sum(energy.filter((_, i) => i % columns === column))),
  };
}
