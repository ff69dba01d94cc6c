/**
 * The network on tensors, for training and evaluation: ResNet, transposed convolutions, heatmaps and tags. For speed at inference see
 * `compilePose`. Letters: N images, H x W input, K kinds of keypoint.
 */
import { prefixed, resnet, runHead, type StateDict } from '@icconv/models';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { PoseConfig } from '../config/pose-config';
import { BACKBONE_PREFIX, poseHead } from './layers';
import { backboneOf } from './weights';

export interface PoseOutputs {
  /**
   * From the coarsest to the finest, float32 [N, H/s, W/s, C]: K heatmaps, then tags (K or 1) in the first, none in the others.
   */
  readonly outputs: Tensor4D[];
  /** New values of the running statistics that training changes, by name. */
  readonly statistics: Record<string, Tensor1D>;
}

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
  const trains = typeof training === 'function' ? (norm: string) => training(BACKBONE_PREFIX + norm) : training;
  return tf.tidy((() => {
    const body = resnet(backboneOf(weights), x, config.backbone, { returns: ['c5'], training: trains });
    const head = runHead('poseNetwork', weights, body.c5, poseHead(config), { training });
    return {
      outputs: Object.values(head.outputs) as Tensor4D[],
      statistics: { ...prefixed(BACKBONE_PREFIX, body.statistics), ...head.statistics },
    };
  }) as () => never) as unknown as PoseOutputs;
}
