/** The forward pass on tensors, for training and evaluation. For speed at inference see `compileForInference`. */
import { InvalidArgumentError, maxPool2d, ShapeMismatchError } from '@icconv/tensor-ops';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { ResNetConfig } from '../config/resnet-config';
import { convLayer, type ObserveConv } from '../layers/conv-layer';
import { checkBatchNorm, type NormOptions } from '../layers/norm-options';
import type { HeadSpec, ResNetPlan } from '../network/plan';
import { resolveResNet } from '../network/resolve';
import { type AfterConv, FEATURES, type ResNetOutput, walkResNet } from '../network/walk';
import { type StateDict, weight } from '../state-dict';

export type ResNetFeature = (typeof FEATURES)[number];

export interface ResNetOptions<R extends ResNetOutput = ResNetFeature> extends NormOptions {
  /** Outputs wanted; the network runs no farther than they need. The four features. */
  readonly returns?: readonly R[];
  /** Told of every convolution and its input in forward order; may give the output, before the norm, in its stead. None. */
  readonly observe?: ObserveConv;
}

export type ResNetResult<R extends ResNetOutput = ResNetFeature> = {
  readonly [Output in R]: Output extends 'logits' ? Tensor2D : Tensor4D;
} & {
  /** New values of the running statistics that training changes, by name; empty without training. */
  readonly statistics: Record<string, Tensor1D>;
};

/**
 * Runs a ResNet.
 *
 * Differentiable for x and for every weight but the running statistics. It changes no weight: training hands the new running
 * statistics back, for the caller to store. Inside `tf.grads` and the like they must be kept (`tf.keep`) to outlive it.
 *
 * @param weights - by PyTorch's names, see {@link StateDict}; {@link resnetShapes} lists them.
 * @param x - float32 [N, H, W, 3], scaled as the weights want it (torchvision: RGB in [0, 1] less the mean over the deviation).
 * @returns c2 to c5 float32 [N, ceil(H/s), ceil(W/s), C] with strides s = 4, 8, 16, 32, after ReLU; logits [N, classes]. The caller
 *   disposes them.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}
 * @example
 * ```ts
 * const { c5, logits } = resnet(weights, image, config, { returns: ['c5', 'logits'] });
 * ```
 */
export function resnet<R extends ResNetOutput = ResNetFeature>(
  weights: Readonly<StateDict>,
  x: Tensor4D,
  config: ResNetConfig,
  options: ResNetOptions<R> = {},
): ResNetResult<R> {
  const plan = resolveResNet(config);
  const returns = checkRun('resnet', plan, x, options.returns ?? FEATURES);
  const { trains, momentum } = checkBatchNorm('resnet', options);
  const run = () => {
    const statistics: Record<string, Tensor1D> = {};
    const results = walkResNet<Tensor>(plan, x, returns, {
      conv: (y, spec, after) =>
        convLayer(
          'resnet',
          weights,
          y as Tensor4D,
          spec,
          after as AfterConv<Tensor4D>,
          { trains, momentum, statistics },
          options.observe,
        ),
      maxPool: (y) => maxPool2d(y as Tensor4D, STEM_POOL),
      classify: (y, head) => classify(weights, y as Tensor4D, head),
    });
    return { ...results, statistics };
  };
  return tf.tidy(run as () => never) as unknown as ResNetResult<R>;
}

/** Window of the pooling behind the stem. */
export const STEM_POOL = { size: 3, strides: 2, pad: 1 } as const;

function classify(weights: Readonly<StateDict>, x: Tensor4D, { name, inChannels, classes }: HeadSpec): Tensor2D {
  const matrix = weight<Tensor2D>('resnet', weights, `${name}.weight`, [inChannels, classes]);
  const bias = weight<Tensor1D>('resnet', weights, `${name}.bias`, [classes]);
  return tf.add(tf.matMul(tf.mean(x, [1, 2]) as Tensor2D, matrix), bias);
}

/** Checks outputs and input of a run; shared with compiled networks. */
export function checkRun(
  op: string,
  plan: ResNetPlan,
  x: Tensor4D,
  returns: readonly ResNetOutput[],
): ReadonlySet<ResNetOutput> {
  const wanted = checkOutputs(op, plan, returns);
  const { inChannels } = plan.stem;
  if (x.shape.length !== 4 || x.shape[3] !== inChannels || x.shape[1] < 1 || x.shape[2] < 1) {
    throw new ShapeMismatchError(op, 'x', `[N, H, W, ${inChannels}]`, x.shape);
  }
  return wanted;
}

/** Checks the outputs asked for. @throws {@link InvalidArgumentError} for none, or one that the network has not. */
export function checkOutputs(
  op: string,
  plan: ResNetPlan,
  returns: readonly ResNetOutput[],
): ReadonlySet<ResNetOutput> {
  const known = plan.head === undefined ? FEATURES : [...FEATURES, 'logits'];
  const unknown = returns.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined || returns.length === 0) {
    const remedy = unknown === 'logits' ? ' (logits need `classes` in the config)' : '';
    throw new InvalidArgumentError(op, 'returns', unknown ?? [], `names among ${known.join(', ')}${remedy}`);
  }
  return new Set(returns);
}
