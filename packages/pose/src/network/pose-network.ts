/**
 * The network on tensors, for training and evaluation: ResNet, transposed convolutions, heatmaps and tags. For speed at inference see
 * `compilePose`. Letters: N images, H x W input, K kinds of keypoint.
 */
import { type BatchNormMode, normLayer, resnet, type StateDict, weight } from '@icconv/models';
import { conv2d, convTranspose2d } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { PoseConfig } from '../config/pose-config';
import { BACKBONE_PREFIX, type DeconvSpec, deconvPadding, headStages, type OutputSpec } from './layers';
import { backboneOf } from './weights';

export interface PoseOutputs {
  /**
   * From the coarsest to the finest, float32 [N, H/s, W/s, C]: K heatmaps, then tags (K or 1) in the first, none in the others.
   */
  readonly outputs: Tensor4D[];
  /** New values of the running statistics that training changes, by name. */
  readonly statistics: Record<string, Tensor1D>;
}

/** PyTorch's default. */
const MOMENTUM = 0.1;

/**
 * Runs the network. Differentiable for x and every weight but the running statistics.
 *
 * @param weights - by mmpose's names, see `poseShapes`.
 * @param x - float32 [N, H, W, 3], normalised as `config.input` says; H and W multiples of 32.
 * @param training - batch norms that take the batch's statistics, by name with the backbone's prefix; the others are frozen.
 * @returns the caller disposes all.
 * @throws InvalidArgumentError for a missing weight, ShapeMismatchError for one of another shape.
 */
export function poseNetwork(
  weights: StateDict,
  x: Tensor4D,
  config: PoseConfig,
  training: boolean | ((norm: string) => boolean) = false,
): PoseOutputs {
  const trains = typeof training === 'function' ? training : () => training;
  return tf.tidy((() => {
    const statistics: Record<string, Tensor1D> = {};
    const body = resnet(backboneOf(weights), x, config.backbone, {
      returns: ['c5'],
      training: (norm) => trains(BACKBONE_PREFIX + norm),
    });
    for (const [name, value] of Object.entries(body.statistics)) statistics[BACKBONE_PREFIX + name] = value;
    const mode: BatchNormMode = { trains, momentum: MOMENTUM, statistics };
    const outputs: Tensor4D[] = [];
    let features = body.c5;
    for (const { deconvs, joined, output } of headStages(config)) {
      if (joined) features = tf.concat([features, outputs.at(-1)!], 3);
      for (const spec of deconvs) features = deconvLayer(weights, features, spec, mode);
      outputs.push(outputLayer(weights, features, output));
    }
    return { outputs, statistics };
  }) as () => never) as unknown as PoseOutputs;
}

const OP = 'poseNetwork';

function deconvLayer(weights: StateDict, x: Tensor4D, spec: DeconvSpec, mode: BatchNormMode): Tensor4D {
  const { name, norm, inChannels, outChannels, kernel } = spec;
  const filter = weight<Tensor4D>(OP, weights, `${name}.weight`, [kernel, kernel, outChannels, inChannels]);
  const y = convTranspose2d(x, filter, { strides: 2, ...deconvPadding[kernel] });
  return normLayer(OP, weights, y, norm, mode, { relu: true });
}

function outputLayer(weights: StateDict, x: Tensor4D, { name, inChannels, outChannels }: OutputSpec): Tensor4D {
  const filter = weight<Tensor4D>(OP, weights, `${name}.weight`, [1, 1, inChannels, outChannels]);
  return conv2d(x, filter, { bias: weight<Tensor1D>(OP, weights, `${name}.bias`, [outChannels]) });
}
