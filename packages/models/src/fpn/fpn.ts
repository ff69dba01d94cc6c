import { InvalidArgumentError, maxPool2d, ShapeMismatchError } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { InitOptions } from '../init/init-resnet';
import { initWeights } from '../init/init-weights';
import { convLayer, convShapes } from '../layers/conv-layer';
import { enlarge } from '../layers/enlarge';
import { checkBatchNorm, type NormOptions } from '../layers/norm-options';
import type { ResNetFeature } from '../resnet/resnet';
import type { StateDict } from '../state-dict';
import { type FpnConfig, type FpnPlan, resolveFpn } from './fpn-config';
import { type FpnInterpreter, walkFpn } from './walk-fpn';

export type FpnOptions = NormOptions;

/** Features that go in, by name; others may be among them and are not looked at. */
export type FpnFeatures = { readonly [Feature in ResNetFeature]?: Tensor4D };

export interface FpnResult {
  /** `p2` to `p6` (or `p3` to `p7`, as the config has it), float32 [N, H/s, W/s, channels]. */
  readonly levels: Record<string, Tensor4D>;
  /** New values of the running statistics that training changes, by name. */
  readonly statistics: Record<string, Tensor1D>;
}

/**
 * Runs a feature pyramid. Differentiable for features and weights.
 *
 * @param weights - by torchvision's names, see `fpnShapes`.
 * @param features - c2 to c5 of `resnet`, or those that the config begins with.
 * @returns levels; the caller disposes them.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}
 * @example
 * ```ts
 * const { levels } = fpn(fpnWeights, resnet(weights, image, config), fpnConfig(config));
 * console.log(levels.p6.shape); // [1, 13, 19, 256] for an image of 800 x 1216
 * ```
 */
export function fpn(
  weights: Readonly<StateDict>,
  features: FpnFeatures,
  config: FpnConfig,
  options: FpnOptions = {},
): FpnResult {
  const plan = resolveFpn(config);
  const inputs = checkFeatures('fpn', plan, features);
  const { trains, momentum } = checkBatchNorm('fpn', options);
  return tf.tidy((() => {
    const statistics: Record<string, Tensor1D> = {};
    const levels = walkFpn<Tensor4D>(plan, inputs, {
      ...TENSOR_STEPS,
      conv: (x, spec, after) => convLayer('fpn', weights, x, spec, after, { trains, momentum, statistics }),
    });
    return { levels, statistics };
  }) as () => never) as unknown as FpnResult;
}

/** The steps that are the same with tensors of training and of compiled inference. */
export const TENSOR_STEPS: Omit<FpnInterpreter<Tensor4D>, 'conv'> = {
  enlarge: (x, like) => enlarge(x, [like.shape[1], like.shape[2]]),
  subsample: (x) => maxPool2d(x, { size: 1, strides: 2 }),
  relu: (x) => tf.relu(x),
};

/** The features that a plan takes, finest first. */
export function checkFeatures(op: string, plan: FpnPlan, features: FpnFeatures): Tensor4D[] {
  return plan.inner.map(({ inChannels }, i) => {
    const name = `c${plan.first + i}` as ResNetFeature;
    const feature = features[name];
    const layout = `[N, H, W, ${inChannels}]`;
    if (feature === undefined) throw new InvalidArgumentError(op, `features.${name}`, feature, `a tensor ${layout}`);
    if (feature.shape.length !== 4 || feature.shape[3] !== inChannels) {
      throw new ShapeMismatchError(op, `features.${name}`, layout, feature.shape);
    }
    return feature;
  });
}

/** Names and shapes of a pyramid's weights. @throws {@link InvalidArgumentError} */
export function fpnShapes(config: FpnConfig): Readonly<Record<string, readonly number[]>> {
  const { inner, outer, extra } = resolveFpn(config);
  return convShapes([...inner, ...outer, ...extra]);
}

/**
 * Random weights for a pyramid, as torchvision and detectron2 begin: uniform within sqrt(3 / fan-in), biases 0.
 *
 * @returns every weight that {@link fpnShapes} lists; the caller disposes them.
 * @throws {@link InvalidArgumentError}
 */
export function initFpn(config: FpnConfig, options: InitOptions): StateDict {
  return initWeights('initFpn', fpnShapes(config), options.seed, 'uniform');
}
