/** A training step of a batch as the loader gives it. */
import type { StateDict } from '@icconv/models';
import type { StepResult } from '@icconv/training';
import type { Batch, BatchSample } from '@icconv/training/node';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import type { DetectionSample } from '../data/coco-samples';
import type { GroundTruth } from '../roi-heads/sample-proposals';
import { type DetectionStepOptions, detectionStep } from './detection-step';

export function batchStep(
  weights: Readonly<StateDict>,
  { images, sizes, samples }: Batch<DetectionSample>,
  config: FasterRcnnConfig,
  options: DetectionStepOptions,
): StepResult {
  const truths = samples.map(truthOf);
  try {
    return detectionStep(weights, { images, sizes, truths }, config, options);
  } finally {
    tf.dispose(truths.map(({ boxes }) => boxes));
  }
}

function truthOf({ objects }: BatchSample<DetectionSample>): GroundTruth {
  const corners = Float32Array.from(objects.flatMap(({ box }) => box));
  return {
    boxes: tf.tensor2d(corners, [objects.length, 4]),
    classes: Int32Array.from(objects, ({ classIndex }) => classIndex),
  };
}
