import { packConv2dFilter } from '@icconv/tensor-ops';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { Compilation } from '../compile/compilation';
import { type CompiledConv, type CompileOptions, compileConv, packFolded, runConv } from '../compile/compiled-conv';
import { plainConv } from '../network/plan';
import { type StateDict, weight } from '../state-dict';
import { compileDeconv, runDeconv } from './deconv';
import { type HeadLayer, type HeadLinear, type HeadPlan, walkHead } from './head-plan';
import { weightShape } from './head-weights';
import { HEAD_STEPS, vectorShape } from './run-head';

/** A head made ready for inference on the backend that was current. */
export interface CompiledHead<Output extends string> {
  /**
   * Runs the head; not differentiable.
   *
   * @returns outputs as `runHead` gives them; the caller disposes them.
   * @throws {@link DisposedError}
   */
  run(x: Tensor4D): Record<Output, Tensor>;
  /** Frees the compiled weights; may be called again. */
  dispose(): void;
}

/**
 * Makes a head ready for inference, as `compileForInference` does a ResNet.
 *
 * @param op - name for errors. @param weights - as for `runHead`; copied, so they may be trained on or disposed.
 * @throws {@link InvalidArgumentError} for a missing weight, {@link ShapeMismatchError} for one of another shape,
 *   {@link UnsupportedPrecisionError}.
 */
export function compileHead<Output extends string>(
  op: string,
  weights: Readonly<StateDict>,
  plan: HeadPlan<Output>,
  options: CompileOptions = {},
): CompiledHead<Output> {
  const compiled = new Compilation('CompiledHead.run');
  return compiled.build(() => {
    for (const layer of plan) compiled.add(layer.name, compileLayer(op, weights, layer, options));
    return {
      run(x) {
        compiled.check();
        const layer = (y: Tensor, spec: HeadLayer) => runLayer(y, spec, compiled.conv(spec.name));
        return tf.tidy(() => walkHead<Tensor, Output>(plan, x, { ...HEAD_STEPS, layer }));
      },
      dispose: () => compiled.dispose(),
    };
  });
}

function compileLayer(
  op: string,
  weights: Readonly<StateDict>,
  layer: HeadLayer,
  options: CompileOptions,
): CompiledConv {
  switch (layer.kind) {
    case 'conv':
      return compileConv(op, weights, plainConv(layer), options);
    case 'deconv':
      return compileDeconv(op, weights, layer, options);
    case 'linear':
      return compileLinear(op, weights, layer, options);
  }
}

/** A linear layer is a 1x1 convolution of maps of one pixel. */
function compileLinear(
  op: string,
  weights: Readonly<StateDict>,
  layer: HeadLinear,
  { precision = 'float32' }: CompileOptions,
): CompiledConv {
  const { name, outChannels } = layer;
  const fold = (): [Tensor4D, Tensor1D] => {
    const matrix = weight<Tensor2D>(op, weights, `${name}.weight`, weightShape(layer));
    const bias = weight<Tensor1D>(op, weights, `${name}.bias`, [outChannels]);
    return [tf.reshape(matrix, [1, 1, ...matrix.shape]), tf.clone(bias)];
  };
  return packFolded(fold, (filter, bias) => ({ kind: 'conv', filter: packConv2dFilter(filter, { precision }), bias }));
}

function runLayer(x: Tensor, layer: HeadLayer, compiled: CompiledConv): Tensor {
  const after = { relu: layer.relu ?? false };
  switch (layer.kind) {
    case 'conv':
      return runConv(x as Tensor4D, compiled, after);
    case 'deconv':
      return runDeconv(x as Tensor4D, layer, compiled);
    case 'linear': {
      const [count, values] = vectorShape(x);
      const pixels = tf.reshape<tf.Rank.R4>(x, [count, 1, 1, values]);
      return tf.reshape(runConv(pixels, compiled, after), [count, layer.outChannels]);
    }
  }
}
