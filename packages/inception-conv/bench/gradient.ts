/** Gradients for input and filter beside TensorFlow's of the plain convolution. */
import { inceptionConv2d } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import { attr, type NativeBackend } from '../../tensor-ops/src/kernel/native-backend';
import { filled, inputs } from './forward';
import type { BenchLayer } from './networks';
import { interleaved, type Timing } from './timing';

export interface GradientResult {
  readonly ours: Timing;
  readonly plain: Timing;
  /** Largest relative violation of the identities that define the gradients. */
  readonly error: number;
}

const TOLERANCE = 1e-4;

export async function benchGradient(layer: BenchLayer, rounds: number): Promise<GradientResult> {
  const { dilations, stride: strides, channels } = layer;
  const [x, filter] = inputs(layer);
  const dy = tf.tidy(() => {
    const y = inceptionConv2d(x, filter, { dilations, strides });
    return filled(y.shape, 3, 1);
  });
  const ours = () => {
    // The kernels that back-propagation runs, without the forward pass that recording it would add.
    const choice = { dilations: dilations.flat(), strides: [strides, strides], groups: 1, algorithm: 'auto' };
    const run = (name: string, tensors: tf.NamedTensorMap, attrs: object) =>
      tf.engine().runKernel<tf.Tensor4D>(name, tensors, { ...choice, ...attrs } as tf.NamedAttrMap);
    return [
      run('InceptionConv2DGradInput', { dy, filter }, { inputSize: [layer.height, layer.width] }),
      run('InceptionConv2DGradFilter', { x, dy }, { kernelSize: 3 }),
    ];
  };
  const backend = tf.backend() as unknown as NativeBackend;
  const inputSizes = tf.tensor1d(x.shape, 'int32');
  const filterSizes = tf.tensor1d(filter.shape, 'int32');
  const attrs = [
    attr.float32(),
    attr.int('strides', [1, strides, strides, 1]),
    attr.bool('use_cudnn_on_gpu', true),
    attr.string('padding', strides === 1 ? 'SAME' : 'EXPLICIT'),
    attr.int('explicit_paddings', strides === 1 ? [] : [0, 0, 1, 1, 1, 1, 0, 0]),
    attr.string('data_format', 'NHWC'),
    attr.int('dilations', [1, 1, 1, 1]),
  ];
  const plain = () =>
    [
      backend.executeSingleOutput('Conv2DBackpropInput', attrs, [inputSizes, filter, dy]),
      backend.executeSingleOutput('Conv2DBackpropFilter', attrs, [x, filterSizes, dy]),
    ] as tf.Tensor[];
  try {
    const error = await violation(layer, x, filter, dy, ours);
    if (!(error < TOLERANCE)) {
      throw new Error(
        `${layer.network} layer ${layer.index} (${channels} channels): wrong gradient, relative error ${error}`,
      );
    }
    return { ...interleaved({ ours, plain }, rounds), error };
  } finally {
    tf.dispose([x, filter, dy, inputSizes, filterSizes]);
  }
}

/**
 * The convolution is linear in x and in the filter, so for any v and u: <conv(v, filter), dy> = <v, dx>, <conv(x, u), dy> = <u, dfilter>.
 * The inner products are compared relative to the product of the norms over the root of the length, the size of a random one.
 */
async function violation(
  { dilations, stride: strides }: BenchLayer,
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  dy: tf.Tensor4D,
  gradients: () => tf.Tensor4D[],
): Promise<number> {
  const errors = tf.tidy(() => {
    const [dx, dfilter] = gradients() as [tf.Tensor4D, tf.Tensor4D];
    const dot = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b));
    const check = (probe: tf.Tensor, gradient: tf.Tensor, y: tf.Tensor) =>
      tf.div(tf.abs(tf.sub(dot(probe, gradient), dot(y, dy))), tf.mul(tf.norm(probe), tf.norm(gradient)));
    const v = filled(x.shape, 4, 1);
    const u = filled(filter.shape, 5, 1);
    const options = { dilations, strides, algorithm: 'per-pattern' } as const;
    return tf.stack([
      check(v, dx, inceptionConv2d(v, filter, options)),
      check(u, dfilter, inceptionConv2d(x, u, options)),
    ]);
  });
  const values = await errors.data();
  errors.dispose();
  return Math.max(...values);
}
