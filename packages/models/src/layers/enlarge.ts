/**
 * Enlarges a map, each pixel from the nearest: row i of OH is row floor(i*H/OH) of H, as PyTorch's `interpolate`.
 *
 * The gradient is our own: TensorFlow.js' is wrong in JavaScript where the sizes are no multiples, and there is none for wasm.
 */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** x float32 [N, H, W, C] to [N, size[0], size[1], C]. Differentiable for x. */
export function enlarge(x: Tensor4D, size: readonly [height: number, width: number]): Tensor4D {
  const [, height, width] = x.shape;
  if (height === size[0] && width === size[1]) return tf.clone(x);
  const op = tf.customGrad((input) => ({
    value: tf.image.resizeNearestNeighbor(input as Tensor4D, [size[0], size[1]]),
    gradFunc: (dy) => enlargeGradient(dy as Tensor4D, [height, width]),
  }));
  return op(x) as Tensor4D;
}

/** Each pixel gets the sum of what was made of it. */
function enlargeGradient(dy: Tensor4D, [height, width]: readonly [number, number]): Tensor4D {
  const [batch, outHeight, outWidth, channels] = dy.shape;
  if (outHeight === 2 * height && outWidth === 2 * width) return tf.mul(tf.avgPool(dy, 2, 2, 'valid'), 4);
  const byRow = tf.matMul(origins(height, outHeight, batch), tf.reshape(dy, [batch, outHeight, outWidth * channels]));
  const rows = tf.reshape(byRow, [batch * height, outWidth, channels]) as tf.Tensor3D;
  return tf.reshape(tf.matMul(origins(width, outWidth, batch * height), rows), [batch, height, width, channels]);
}

/** Matrix [batch, length, out] with a one where the output pixel is made of the input pixel. */
function origins(length: number, out: number, batch: number): tf.Tensor3D {
  const matrix = new Float32Array(length * out);
  // In single precision, as the resizing itself reckons.
  const scale = Math.fround(length / out);
  for (let i = 0; i < out; i++) matrix[Math.min(length - 1, Math.floor(Math.fround(i * scale))) * out + i] = 1;
  return tf.tile(tf.tensor3d(matrix, [1, length, out]), [batch, 1, 1]);
}
