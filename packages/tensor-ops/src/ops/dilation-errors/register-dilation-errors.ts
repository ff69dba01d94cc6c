/** Kernels of `dilationErrors`. */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../kernel/geometry';
import { attr, type NativeBackend, onCuda } from '../../kernel/native-backend';
import { registerOnAllBackends } from '../../kernel/registry';
import { conv2d } from '../conv2d/conv2d';

export const DILATION_ERRORS = 'IcConvDilationErrors';

export interface DilationErrorsAttrs {
  readonly maxDilation: number;
  readonly strides: Pair;
  readonly groups: number;
}

const range = (length: number) => Array.from({ length }, (_, i) => i);

/** Gives y, errors and whole. */
export function registerDilationErrors(): void {
  registerOnAllBackends<{ x: Tensor4D; filter: Tensor4D }, DilationErrorsAttrs>(
    DILATION_ERRORS,
    ({ x, filter }, attrs, { native }) => {
      if (native === undefined) return dilationErrorsPortable(x, filter, attrs);
      if (onCuda(native)) return dilationSums(native, tapClasses(x, filter, attrs).flat(), filter, attrs);
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

/** The map of each class of taps, by their distances from the centre: one small convolution each. */
function tapClasses(x: Tensor4D, filter: Tensor4D, { strides, groups }: DilationErrorsAttrs): Tensor4D[][] {
  const reach = (filter.shape[0] - 1) / 2;
  return range(reach + 1).map((a) =>
    range(reach + 1).map((b) => {
      // One or two taps an axis, that lie 2a and 2b apart.
      const rows = a === 0 ? [reach] : [reach - a, reach + a];
      const columns = b === 0 ? [reach] : [reach - b, reach + b];
      const taps = tf.gather(tf.gather(filter, rows, 0), columns, 1) as Tensor4D;
      const dilations: Pair = [Math.max(1, 2 * a), Math.max(1, 2 * b)];
      return conv2d(x, taps, { strides, groups, pad: [a, b], dilations });
    }),
  );
}

/** On a GPU: the classes' convolutions are cuDNN's, all that follows are two launches. */
function dilationSums(
  native: NativeBackend,
  classes: readonly Tensor4D[],
  filter: Tensor4D,
  { maxDilation }: DilationErrorsAttrs,
): Tensor[] {
  const radius = (filter.shape[0] - 1) / 2 / maxDilation;
  const attrs = [attr.int('N', classes.length), attr.int('max_dilation', maxDilation), attr.int('radius', radius)];
  return native.executeMultipleOutputs('IcconvDilationSums', attrs, classes, 3) as Tensor[];
}

/** The same as ordinary operators. */
function dilationErrorsPortable(
  x: Tensor4D,
  filter: Tensor4D,
  attrs: DilationErrorsAttrs,
): [Tensor4D, Tensor, Tensor1D] {
  const { maxDilation } = attrs;
  const reach = (filter.shape[0] - 1) / 2;
  const meanAbsolute = (z: Tensor) => tf.mean(tf.abs(z), [0, 1, 2]);
  const classes = tapClasses(x, filter, attrs);
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
