/** Kernels of `dilationErrors`. */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../kernel/geometry';
import { attr, onCuda } from '../../kernel/native-backend';
import { registerOnAllBackends } from '../../kernel/registry';
import { conv2d } from '../conv2d/conv2d';

export const DILATION_ERRORS = 'IcConvDilationErrors';

export interface DilationErrorsAttrs {
  readonly maxDilation: number;
  readonly strides: Pair;
  readonly groups: number;
}

/** Gives y, errors and whole. */
export function registerDilationErrors(): void {
  registerOnAllBackends<{ x: Tensor4D; filter: Tensor4D }, DilationErrorsAttrs>(
    DILATION_ERRORS,
    ({ x, filter }, attrs, { native }) => {
      // The fused kernel is for the CPU.
      if (native === undefined || onCuda(native)) return dilationErrorsPortable(x, filter, attrs);
      return native.executeMultipleOutputs(
        'IcconvDilationErrors',
        [
          attr.int('max_dilation', attrs.maxDilation),
          attr.int('strides', attrs.strides),
          attr.int('groups', attrs.groups),
        ],
        [x, filter],
        3,
      ) as Tensor[];
    },
  );
}

/** The same by one small convolution for each class of taps. */
function dilationErrorsPortable(
  x: Tensor4D,
  filter: Tensor4D,
  { maxDilation, strides, groups }: DilationErrorsAttrs,
): [Tensor4D, Tensor, Tensor1D] {
  const reach = (filter.shape[0] - 1) / 2;
  const range = (length: number) => Array.from({ length }, (_, i) => i);
  const meanAbsolute = (z: Tensor) => tf.mean(tf.abs(z), [0, 1, 2]);
  const classes = range(reach + 1).map((a) =>
    range(reach + 1).map((b) => {
      // One or two taps an axis, that lie 2a and 2b apart.
      const rows = a === 0 ? [reach] : [reach - a, reach + a];
      const columns = b === 0 ? [reach] : [reach - b, reach + b];
      const taps = tf.gather(tf.gather(filter, rows, 0), columns, 1) as Tensor4D;
      const dilations: Pair = [Math.max(1, 2 * a), Math.max(1, 2 * b)];
      return conv2d(x, taps, { strides, groups, pad: [a, b], dilations });
    }),
  );
  const y = tf.addN(classes.flat());
  const distances = (dilation: number) => range(reach / maxDilation + 1).map((i) => i * dilation);
  const errors = range(maxDilation ** 2).map((i) =>
    tf.tidy(() => {
      const rows = distances(Math.floor(i / maxDilation) + 1);
      const columns = distances((i % maxDilation) + 1);
      return meanAbsolute(tf.sub(y, tf.addN(rows.flatMap((a) => columns.map((b) => classes[a]![b]!)))));
    }),
  );
  return [y as Tensor4D, tf.stack(errors), meanAbsolute(y) as Tensor1D];
}
