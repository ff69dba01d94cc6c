import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkFeatures, type FpnFeatures, TENSOR_STEPS } from '../fpn/fpn';
import { type FpnConfig, resolveFpn } from '../fpn/fpn-config';
import { walkFpn } from '../fpn/walk-fpn';
import type { ConvSpec } from '../network/plan';
import type { AfterConv } from '../network/walk';
import type { StateDict } from '../state-dict';
import { Compilation } from './compilation';
import { type CompileOptions, compileConv, runConv } from './compiled-conv';

/** A feature pyramid made ready for inference on the backend that was current. */
export interface CompiledFpn {
  /**
   * Runs the pyramid; not differentiable.
   *
   * @returns levels by name, as `fpn` gives them; the caller disposes them.
   * @throws {@link DisposedError}, {@link InvalidArgumentError}, {@link ShapeMismatchError}
   */
  forward(features: FpnFeatures): Record<string, Tensor4D>;
  /** Frees the compiled weights; may be called again. */
  dispose(): void;
}

/**
 * Makes a pyramid ready for inference, as `compileForInference` does a ResNet.
 *
 * @param weights - as for `fpn`; copied, so they may be trained on or disposed.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}, {@link UnsupportedPrecisionError}
 */
export function compileFpn(weights: Readonly<StateDict>, config: FpnConfig, options: CompileOptions = {}): CompiledFpn {
  const plan = resolveFpn(config);
  const compiled = new Compilation('CompiledFpn.forward');
  return compiled.build(() => {
    const specs = [...plan.inner, ...plan.outer, ...plan.extra];
    for (const spec of specs) compiled.add(spec.name, compileConv('compileFpn', weights, spec, options));
    return {
      forward(features) {
        compiled.check();
        const inputs = checkFeatures('compileFpn', plan, features);
        // A pyramid has plain convolutions only.
        const conv = (x: Tensor4D, { name }: ConvSpec, after: AfterConv<Tensor4D>) =>
          runConv(x, compiled.conv(name), after);
        return tf.tidy(() => walkFpn<Tensor4D>(plan, inputs, { ...TENSOR_STEPS, conv }));
      },
      dispose: () => compiled.dispose(),
    };
  });
}
