/**
 * A network of convolutions as one call: on the native CPU without the way back to JavaScript between its layers, without a tensor for
 * each map in between, and with threads that stay awake; on a GPU as a function of TensorFlow; on other backends step by step.
 */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError } from '../../errors';
import { checkLive, checkResult, checkTensor } from '../../kernel/check';
import { runKernel } from '../../kernel/registry';
import { encodeProgram } from './encode';
import { networkFor } from './networks';
import { CONV_PROGRAM, type ProgramAttrs } from './register-conv-program';
import { type ConvStep, checkSteps, type MapIndex, mapSizes } from './steps';

export interface ConvProgram {
  /**
   * Runs the steps; not differentiable.
   *
   * @param x - the image, map 0: float32 [N, H, W, C]; N may be 0.
   * @returns the outputs, in the order asked for; the caller disposes them.
   * @throws {@link ShapeMismatchError}; {@link InvalidArgumentError} when another backend than that of the filters is current.
   */
  run(x: Tensor4D): Tensor4D[];
  /** Frees what the program itself holds, which is little: filters and biases stay the caller's. */
  dispose(): void;
}

/**
 * Makes a program for the current backend.
 *
 * @param steps - layers in order. Their filters and biases are read in every run and must outlive the program.
 * @param options.outputs - maps that a run gives: step i makes map i + 1.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}
 * @example
 * ```ts
 * const filter = packConv2dFilter(weights);
 * const program = convProgram([{ kind: 'conv', input: 0, filter, activation: 'relu' }], { outputs: [1] });
 * const [y] = program.run(x);
 * ```
 */
export function convProgram(
  steps: readonly ConvStep[],
  options: { readonly outputs: readonly MapIndex[] },
): ConvProgram {
  const op = 'convProgram';
  tf.backend();
  const backend = tf.getBackend();
  const { outputs } = options;
  checkSteps(steps, outputs, backend);
  const { code, parameters } = encodeProgram(steps, outputs);
  const program = tf.keep(tf.tensor1d(code, 'int32'));
  const network = networkFor(tf.backend(), { steps, outputs, parameters });
  const attrs: ProgramAttrs = { steps, outputs, parameters, network };
  let checked = '';
  return {
    run(x) {
      checkTensor(op, 'x', x, '[N, H, W, C]', 4, [0]);
      if (tf.getBackend() !== backend) {
        throw new InvalidArgumentError(
          op,
          'backend',
          tf.getBackend(),
          `"${backend}", for which the filters were packed`,
        );
      }
      checkLive(op, 'program', program, 'int32');
      parameters.forEach((tensor, i) => void checkLive(op, `filter or bias ${i}`, tensor));
      const [batch, height, width, channels] = x.shape;
      // A program sees few sizes; each needs to be followed through the steps once.
      const size = x.shape.join('x');
      if (size !== checked) {
        for (const map of mapSizes(steps, [height, width, channels])) checkResult(op, [batch, ...map]);
      }
      checked = size;
      return runKernel<Tensor4D[]>(op, CONV_PROGRAM, { x, program }, attrs);
    },
    dispose() {
      program.dispose();
      network?.dispose();
    },
  };
}
