/** One training step of a pose network up to its gradients. */
import type { StateDict } from '@icconv/models';
import { lossGradients, type StepResult } from '@icconv/training';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { outputStrides, type PoseConfig } from '../config/pose-config';
import { poseLosses } from '../losses/pose-losses';
import { poseNetwork } from '../network/pose-network';
import { batchTargets, type PoseTruth } from '../targets/batch-targets';

export interface PoseStepOptions {
  /** Weights to take gradients of, by name. */
  readonly trainable: (name: string) => boolean;
  /** Batch norms that take the batch's statistics; the others are frozen. @defaultValue none */
  readonly batchNorm?: boolean | ((norm: string) => boolean);
}

/**
 * Losses and gradients of a batch. Needs a backend with all gradient kernels: the native one.
 *
 * @param images - float32 [N, H, W, 3], normalised as `config.input` says. @param truths - in pixels of `images`.
 */
export function poseStep(
  weights: StateDict,
  images: Tensor4D,
  truths: readonly PoseTruth[],
  config: PoseConfig,
  { trainable, batchNorm = false }: PoseStepOptions,
): StepResult {
  const [, height, width] = images.shape;
  const keypoints = config.skeleton.keypoints.length;
  const targets = batchTargets(truths, {
    keypoints,
    tagPerKeypoint: config.head.tagPerKeypoint,
    tagUnit: config.head.tagUnit,
    height,
    width,
    strides: outputStrides(config),
    sigma: config.loss.sigma,
    centre: config.loss.centre,
    maxPeople: config.grouping.maxPeople,
  });
  try {
    return lossGradients(weights, trainable, (own) => {
      const { outputs, statistics } = poseNetwork(own, images, config, batchNorm);
      return { losses: { ...poseLosses(outputs, targets, keypoints, config.loss) }, statistics };
    });
  } finally {
    targets.dispose();
  }
}
