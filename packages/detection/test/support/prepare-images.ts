/** `preparePictures` by ordinary operators, for tensors and every backend: what it is held to. */
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { InputConfig } from '../../src/config/faster-rcnn-config';
import { type PreparedBatch, resizedSize } from '../../src/input/prepare';

/** @param images - RGB, int32 or float32 [h, w, 3], values in [0, 255]. */
export function prepareImages(images: readonly Tensor3D[], config: InputConfig): PreparedBatch {
  const originals = images.map(({ shape }) => [shape[0], shape[1]] as const);
  const sizes = originals.map(([height, width]) => resizedSize(height, width, config));
  const padded = (lengths: number[]) => Math.ceil(Math.max(...lengths) / config.divisor) * config.divisor;
  const height = padded(sizes.map(([h]) => h));
  const width = padded(sizes.map(([, w]) => w));
  const batch = tf.tidy(() => {
    const mean = tf.tensor1d([...config.mean]);
    const deviation = tf.tensor1d([...config.deviation]);
    const rows = images.map((image, index) => {
      const size = sizes[index]!;
      const pixels = tf.cast(config.channels === 'bgr' ? tf.reverse(image, 2) : image, 'float32') as Tensor3D;
      const normal = tf.div(tf.sub(pixels, mean), deviation) as Tensor3D;
      const resized = tf.image.resizeBilinear(normal, size, false, true);
      // Padding comes after normalisation: it is the mean color.
      return tf.pad(resized, [
        [0, height - size[0]],
        [0, width - size[1]],
        [0, 0],
      ]);
    });
    return tf.stack(rows) as Tensor4D;
  });
  return { images: batch, sizes, originals };
}
