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
      tf.tensor2d(
        placements.flatMap((p) => p.map.flatMap(twoFloats)),
        [count, 12],
      ),
      tf.tensor(colours, coloured ? [count, 12] : [0]),
      tf.tensor1d([...attrs.shape], 'int32'),
    ],
  ) as Tensor4D;
}

/** A double as the float nearest to it and the rest: positions in large pictures need more than 24 bits. */
function twoFloats(value: number): [number, number] {
  const high = Math.fround(value);
  return [high, value - high];
}
