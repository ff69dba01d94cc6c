/** A training step of a batch as the loader gives it. */
import { rleFromPolygons } from '@icconv/coco';
import type { StateDict } from '@icconv/models';
import type { StepResult } from '@icconv/training';
import type { Batch, BatchSample } from '@icconv/training/node';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import type { DetectionSample } from '../data/coco-samples';
import type { ImageSize } from '../network/faster-rcnn';
import type { GroundTruth } from '../roi-heads/sample-proposals';
import { type DetectionStepOptions, detectionStep } from './detection-step';

export function batchStep(
  weights: Readonly<StateDict>,
  { images, sizes, samples }: Batch<DetectionSample>,
  config: FasterRcnnConfig,
  options: DetectionStepOptions,
): StepResult {
  const truths = samples.map((sample, i) => truthOf(sample, sizes[i]!, config.mask !== undefined));
  try {
    return detectionStep(weights, { images, sizes, truths }, config, options);
  } finally {
    tf.dispose(truths.map(({ boxes }) => boxes));
  }
}

function truthOf({ objects }: BatchSample<DetectionSample>, [height, width]: ImageSize, masks: boolean): GroundTruth {
  const corners = Float32Array.from(objects.flatMap(({ box }) => box));
  return {
    boxes: tf.tensor2d(corners, [objects.length, 4]),
    classes: Int32Array.from(objects, ({ classIndex }) => classIndex),
    ...(masks && { masks: objects.map(({ polygons = [] }) => runLengths(polygons, height, width)) }),
  };
}

/** Of what an object shows in the view: nothing where its outline lies outside. */
function runLengths(polygons: readonly (readonly number[])[], height: number, width: number): Uint32Array {
  return polygons.length === 0 ? Uint32Array.of(height * width) : rleFromPolygons(polygons, height, width).counts;
}
