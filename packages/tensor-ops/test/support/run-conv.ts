import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

export interface ConvResults {
  readonly y: Float32Array;
  readonly shape: number[];
  readonly dx: Float32Array;
  readonly dfilter: Float32Array;
  readonly dbias: Float32Array | undefined;
}

/** Output and all gradients of a convolution, read back; `op` gets the bias only when one is given. */
export async function runConv(
  op: (x: Tensor4D, filter: Tensor4D, bias: Tensor1D | undefined) => Tensor4D,
  x: { readonly shape: readonly number[]; readonly values: Float32Array },
  filter: { readonly shape: readonly number[]; readonly values: Float32Array },
  dy: Float32Array,
  bias?: Float32Array,
): Promise<ConvResults> {
  const tensors = tf.tidy(() => {
    const inputs: tf.Tensor[] = [
      tf.tensor(x.values, [...x.shape]),
      tf.tensor(filter.values, [...filter.shape]),
      ...(bias === undefined ? [] : [tf.tensor(bias)]),
    ];
    const run = (...args: tf.Tensor[]) => op(args[0] as Tensor4D, args[1] as Tensor4D, args[2] as Tensor1D | undefined);
    const y = run(...inputs);
    return [y, ...tf.grads(run)(inputs, tf.tensor(dy, y.shape))];
  });
  const [y, dx, dfilter, dbias] = (await Promise.all(tensors.map((tensor) => tensor.data()))) as Float32Array[];
  const { shape } = tensors[0]!;
  tf.dispose(tensors);
  return { y: y!, shape, dx: dx!, dfilter: dfilter!, dbias };
}
