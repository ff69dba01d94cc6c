/**
 * From decoded images to the network's input: resized, normalised, padded into one batch.
 *
 * Coordinates: pixel centers lie at half-integers, so a box scales by new size over old size on each axis.
 */
import { shortestSideSize } from '@icconv/tensor-ops';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { InputConfig } from '../config/faster-rcnn-config';

export interface PreparedBatch {
  /** float32 [N, H, W, 3]. The caller disposes it. */
  readonly images: Tensor4D;
  /** Height and width of each image inside the batch, without its padding. */
  readonly sizes: readonly (readonly [number, number])[];
  /** Height and width of each image before resizing. */
  readonly originals: readonly (readonly [number, number])[];
}

/** Height and width after resizing: the shorter side becomes `minSize` unless the longer one would exceed `maxSize`. */
export function resizedSize(height: number, width: number, config: InputConfig): [height: number, width: number] {
  const { minSize: shortest, maxSize: longest, sizeRounding: rounding } = config;
  return shortestSideSize(height, width, { shortest, longest, rounding });
}

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
