import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { ResNetConfig } from '../config/resnet-config';
import { type HeadSpec, planConvs } from '../network/plan';
import { resolveResNet } from '../network/resolve';
import { FEATURES, type ResNetOutput } from '../network/walk';
import { checkRun, type ResNetFeature, type ResNetResult } from '../resnet/resnet';
import { type StateDict, weight } from '../state-dict';
import { Compilation } from './compilation';
import { type CompileOptions, compileConv } from './compiled-conv';
import { networkProgram } from './network-program';

/** Options of a compiled network's run. */
export interface ForwardOptions<R extends ResNetOutput = ResNetFeature> {
  /** Outputs wanted; the network runs no farther than they need. The four features. */
  readonly returns?: readonly R[];
}

/** A ResNet made ready for inference on the backend that was current. */
export interface CompiledResNet {
  /**
   * Runs the network, with running statistics; not differentiable.
   *
   * @param x - float32 [N, H, W, 3], as for `resnet`.
   * @returns the outputs asked for; the caller disposes them.
   * @throws {@link DisposedError}, {@link InvalidArgumentError}, {@link ShapeMismatchError}
   */
  forward<R extends ResNetOutput = ResNetFeature>(
    x: Tensor4D,
    options?: ForwardOptions<R>,
  ): Omit<ResNetResult<R>, 'statistics'>;
  /** Frees the compiled weights; may be called again. */
  dispose(): void;
}

/**
 * Makes a network ready for inference: batch norms folded into the filters, bias and ReLU in one step with the convolution, filters in
 * the order of the backend's kernels. Intermediate maps are freed as soon as nothing needs them.
 *
 * @param weights - as for `resnet`; copied, so they may be trained on or disposed.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}, {@link UnsupportedPrecisionError}
 * @example
 * ```ts
 * const network = compileForInference(weights, config);
 * const { c5 } = network.forward(image, { returns: ['c5'] });
 * network.dispose();
 * ```
 */
export function compileForInference(
  weights: Readonly<StateDict>,
  config: ResNetConfig,
  options: CompileOptions = {},
): CompiledResNet {
  const op = 'compileForInference';
  const plan = resolveResNet(config);
  const compiled = new Compilation('CompiledResNet.forward');
  return compiled.build(() => {
    for (const spec of planConvs(plan)) compiled.add(spec.name, compileConv(op, weights, spec, options));
    if (plan.head !== undefined) {
      const { name, inChannels, classes } = plan.head;
      compiled.copy(weight<Tensor2D>(op, weights, `${name}.weight`, [inChannels, classes]), `${name}.weight`);
      compiled.copy(weight<Tensor1D>(op, weights, `${name}.bias`, [classes]), `${name}.bias`);
    }
    return {
      forward: (x, { returns: wanted = FEATURES as never } = {}) => {
        compiled.check();
        const returns = checkRun(op, plan, x, wanted);
        const key = [...returns].sort().join();
        const program = compiled.once(key, () => networkProgram(plan, returns, (name) => compiled.conv(name)));
        const run = () => {
          const { logits: seen, ...maps } = program.run(x);
          return seen === undefined ? maps : { ...maps, logits: classify(seen, plan.head!, compiled) };
        };
        return tf.tidy(run as () => never);
      },
      dispose: () => compiled.dispose(),
    };
  });
}

function classify(x: Tensor4D, { name }: HeadSpec, compiled: Compilation): Tensor2D {
  const mean = tf.mean(x, [1, 2]) as Tensor2D;
  return tf.add(tf.matMul(mean, compiled.tensor(`${name}.weight`)), compiled.tensor(`${name}.bias`));
}
