/** `imageBatch` on TensorFlow's native runtime, by the op of native/binding/image_batch_op.cc. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { attr, type NativeAttr, type NativeBackend } from '../../kernel/native-backend';
import type { ImageBatchAttrs } from './types';

const NO_COLOUR = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

export function imageBatchNative(backend: NativeBackend, images: readonly Tensor[], attrs: ImageBatchAttrs): Tensor4D {
  const { placements } = attrs;
  const count = placements.length;
  const floats = (name: string, value: readonly number[]): NativeAttr => ({ ...attr.float(name, 0), value });
  const regions = placements.flatMap((p) => [p.source, p.batch, p.top, p.left, p.bottom, p.right]);
  const coloured = placements.some((p) => p.colour !== undefined);
  const colours = coloured ? placements.flatMap((p) => p.colour ?? NO_COLOUR) : [];
  return backend.executeSingleOutput(
    'IcconvImageBatch',
    [
      attr.int('N', images.length),
      floats('scale', attrs.scale),
      floats('bias', attrs.bias),
      floats('fill', attrs.fill),
      attr.bool('reversed', attrs.reversed),
      attr.bool('antialias', attrs.antialias),
      attr.bool('round', attrs.round),
      attr.bool('opencv', attrs.opencv),
    ],
    [
      ...images,
      tf.tensor2d(attrs.sizes.flat(), [images.length, 2], 'int32'),
      tf.tensor2d(regions, [count, 6], 'int32'),
      tf.tensor2d(bitsOf(Float64Array.from(placements.flatMap((p) => p.map))), [count, 12], 'int32'),
      tf.tensor(bitsOf(Float32Array.from(colours)), coloured ? [count, 12] : [0], 'int32'),
      tf.tensor1d([...attrs.shape], 'int32'),
    ],
  ) as Tensor4D;
}

/**
 * The numbers' bits, as int32 elements: on a GPU only those tensors lie on the host, where the op reads these, and only the bits of a double are
 * exact in large pictures.
 */
const bitsOf = (numbers: Float64Array | Float32Array): Int32Array => new Int32Array(numbers.buffer);
