/**
 * A mask head at inference, where a region needs the map of its own class alone: of the last layer, a 1x1 convolution, each region gets
 * the row of its class.
 *
 * Letters: R regions, S x S bins, M = 2 S side of a mask, K classes without background.
 */
import { Compilation, type CompileOptions, compileHead, type HeadPlan, type StateDict, weight } from '@icconv/models';
import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { MaskConfig } from '../config/faster-rcnn-config';
import { channelsOf } from './mask-head';

export interface CompiledMaskHead {
  /**
   * @param pooled - float32 [R, S, S, C]. @param classes - int32 [R], 0 to K - 1.
   * @returns logits of each region's class, float32 [R, M, M]; the caller disposes them.
   */
  run(pooled: Tensor4D, classes: Tensor1D): Tensor3D;
  dispose(): void;
}

/** @throws {@link InvalidArgumentError} for a missing weight, {@link ShapeMismatchError} for one of another shape. */
export function compileMaskHead(
  op: string,
  weights: StateDict,
  plan: HeadPlan<'masks'>,
  mask: MaskConfig,
  options: CompileOptions = {},
): CompiledMaskHead {
  const compiled = new Compilation(op);
  return compiled.build(() => {
    const { name, inChannels, outChannels } = plan.at(-1)!;
    const filter = weight<Tensor4D>(op, weights, `${name}.weight`, [1, 1, inChannels, outChannels]);
    const bias = weight<Tensor1D>(op, weights, `${name}.bias`, [outChannels]);
    const rows = tf.tidy(() => tf.transpose(tf.reshape(filter, [inChannels, outChannels])));
    compiled.copy(rows, 'rows');
    compiled.copy(bias, 'bias');
    rows.dispose();
    const before: HeadPlan<'masks'> = [...plan.slice(0, -2), { ...plan.at(-2)!, output: 'masks' }];
    const trunk = compiled.once('trunk', () => compileHead(op, weights, before, options));
    return {
      run: (pooled, classes) =>
        tf.tidy(() => {
          const seen = trunk.run(pooled).masks as Tensor4D;
          const [regions, height, width] = seen.shape;
          const channels = channelsOf(classes, mask);
          const chosen = tf.gather(compiled.tensor<Tensor2D>('rows'), channels);
          const shifts = tf.gather(compiled.tensor<Tensor1D>('bias'), channels);
          const pixels = tf.reshape(seen, [regions, height * width, inChannels]);
          const products = tf.matMul(pixels, tf.reshape(chosen, [regions, inChannels, 1]));
          const logits = tf.add(products, tf.reshape(shifts, [regions, 1, 1]));
          return tf.reshape(logits, [regions, height, width]) as Tensor3D;
        }),
      dispose: () => compiled.dispose(),
    };
  });
}
