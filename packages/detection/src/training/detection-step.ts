/** One training step of a detector up to its gradients; what follows (clipping, optimizer, schedule) is the training loop's. */
import type { StateDict } from '@icconv/models';
import { lossGradients } from '@icconv/training';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import type { Draw } from '../matching/sampler';
import { type FasterRcnnLosses, fasterRcnnLosses, type ImageSize } from '../network/faster-rcnn';
import type { GroundTruth } from '../roi-heads/sample-proposals';

export interface DetectionBatch {
  /** float32 [N, H, W, 3], normalised and padded as `config.input` says. */
  readonly images: Tensor4D;
  /** Height and width of each image without its padding. */
  readonly sizes: readonly ImageSize[];
  /** Boxes in pixels of `images`, with masks where the network has them; an image may have none. */
  readonly truths: readonly GroundTruth[];
}

export interface DetectionStepOptions {
  /** Chance of the samplers. */
  readonly draw: Draw;
  /** Weights to take gradients of, by name. */
  readonly trainable: (name: string) => boolean;
  /** Batch norms that take the batch's statistics; the others are frozen. @defaultValue none */
  readonly batchNorm?: boolean | ((norm: string) => boolean);
}

export interface DetectionStep {
  /** Each loss, and their sum as `total`. */
  readonly losses: { readonly [Loss in keyof FasterRcnnLosses]: number } & { readonly total: number };
  /** By name of the weight; the caller disposes them. */
  readonly gradients: Record<string, Tensor>;
  /** New running statistics of batch norms that train, by name; the caller disposes them. */
  readonly statistics: Record<string, Tensor1D>;
}

/**
 * Losses and gradients of a batch. Needs a backend with all gradient kernels: the native one.
 *
 * @throws {@link MissingGradientsError} on a backend without gradients.
 */
export function detectionStep(
  weights: StateDict,
  batch: DetectionBatch,
  config: FasterRcnnConfig,
  options: DetectionStepOptions,
): DetectionStep {
  const { images, sizes, truths } = batch;
  return lossGradients(weights, options.trainable, (own) => {
    const result = fasterRcnnLosses(own, images, sizes, truths, config, options.draw, options.batchNorm);
    return { ...result, losses: { ...result.losses } };
  }) as DetectionStep;
}
