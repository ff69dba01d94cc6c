import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean of each channel of [N, H, W, C], over images and positions: [C]. As a product with a row of ones, which runs on all threads; a
 * reduction over the outer axes takes several times as long on the native engine.
 */
export function channelMeans(x: Tensor): Tensor1D {
  const channels = x.shape.at(-1)!;
  const positions = x.size / channels;
  return tf.reshape(tf.matMul(tf.fill([1, positions], 1 / positions), tf.reshape(x, [positions, channels])), [
    channels,
  ]);
}
