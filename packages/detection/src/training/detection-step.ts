/** One training step of a detector up to its gradients; what follows (clipping, optimizer, schedule) is the training loop's. */
import type { StateDict } from '@icconv/models';
import type { Scalar, Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import type { Draw } from '../matching/sampler';
import { type FasterRcnnLosses, fasterRcnnLosses, type ImageSize } from '../network/faster-rcnn';
import type { GroundTruth } from '../roi-heads/sample-proposals';

export interface DetectionBatch {
  /** float32 [N, H, W, 3], normalised and padded as `config.input` says. */
  readonly images: Tensor4D;
  /** Height and width of each image without its padding. */
  readonly sizes: readonly ImageSize[];
  /** Boxes in pixels of `images`; an image may have none. */
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
  readonly losses: Readonly<Record<keyof FasterRcnnLosses | 'total', number>>;
  /** By name of the weight; the caller disposes them. */
  readonly gradients: Record<string, Tensor>;
  /** New running statistics of batch norms that train, by name; the caller disposes them. */
  readonly statistics: Record<string, Tensor1D>;
}

/** Losses and gradients of a batch. Needs a backend with all gradient kernels: the native one. */
export function detectionStep(
  weights: StateDict,
  batch: DetectionBatch,
  config: FasterRcnnConfig,
  options: DetectionStepOptions,
): DetectionStep {
  const names = Object.keys(weights).filter(options.trainable);
  let losses: FasterRcnnLosses | undefined;
  let statistics: Record<string, Tensor1D> = {};
  const { value, grads } = tf.valueAndGrads((...values: Tensor[]) => {
    const own = { ...weights, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
    const { images, sizes, truths } = batch;
    const result = fasterRcnnLosses(own, images, sizes, truths, config, options.draw, options.batchNorm);
    losses = result.losses;
    statistics = result.statistics;
    // The inner scope would take them along.
    for (const kept of [...Object.values(losses), ...Object.values(statistics)]) tf.keep(kept);
    return tf.addN(Object.values(losses)) as Scalar;
  })(names.map((name) => weights[name]!));
  const numbers = Object.fromEntries(Object.entries(losses!).map(([name, loss]) => [name, loss.dataSync()[0]!]));
  const total = value.dataSync()[0]!;
  tf.dispose([value, ...Object.values(losses!)]);
  return {
    losses: { ...numbers, total } as DetectionStep['losses'],
    gradients: Object.fromEntries(names.map((name, i) => [name, grads[i]!])),
    statistics,
  };
}
