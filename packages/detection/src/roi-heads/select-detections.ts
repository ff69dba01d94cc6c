/**
 * From the box head's output to detections of one image.
 *
 * Letters: R proposals, K classes without background, D detections. Every class of every proposal is a candidate; decoding, thresholds
 * and suppression run over all R K of them at once, without reading anything back.
 */

import { batchedNms, boxCandidates } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type BoxCoderWeights, LOG_SCALE_LIMIT } from '../boxes/box-coder';
import { DROPPED } from '../rpn/proposals';

export interface DetectionConfig {
  /** Candidates at or under this probability go. */
  readonly scoreThreshold: number;
  readonly nmsThreshold: number;
  /** Suppression regards all classes together. @defaultValue `false` */
  readonly acrossClasses?: boolean;
  /** Detections an image, over all classes. */
  readonly maxDetections: number;
  /** Boxes with a side under this many pixels go. */
  readonly minSize: number;
  readonly coderWeights: BoxCoderWeights;
  /** Where the background stands among the logits. */
  readonly background: 'first' | 'last';
}

export interface Detections {
  /** float32 [D, 4], x1 y1 x2 y2 in pixels of the network's input. */
  readonly boxes: Tensor2D;
  /** float32 [D], descending. */
  readonly scores: Tensor1D;
  /** int32 [D], 0 to K - 1: the background is not counted. */
  readonly classes: Tensor1D;
  /** Of a network with masks: probabilities within the boxes, float32 [D, M, M]. */
  readonly masks?: Tensor3D;
}

/** Every class of every proposal, before suppression. */
export interface DetectionCandidates {
  /** float32 [R K, 4], cut at the image. */
  readonly boxes: Tensor2D;
  /** float32 [R K]; `DROPPED` for boxes that are too small. */
  readonly scores: Tensor1D;
  /** int32 [R K]. */
  readonly classes: Tensor1D;
  /** int32 [R K]: boxes of different groups do not suppress each other. */
  readonly groups: Tensor1D;
}

/**
 * @param logits - float32 [R, K + 1].
 * @param deltas - float32 [R, 4 K], or [R, 4 (K + 1)] where the background has deltas too (torchvision), or [R, 4] for deltas shared
 *   by all classes.
 * @param proposals - float32 [R, 4].
 * @param imageSize - height and width of the image within the padded batch.
 * @returns tensors that the caller disposes.
 */
export function selectDetections(
  logits: Tensor2D,
  deltas: Tensor2D,
  proposals: Tensor2D,
  imageSize: readonly [number, number],
  config: DetectionConfig,
): Detections {
  return tf.tidy(
    () => suppressDetections(detectionCandidates(logits, deltas, proposals, imageSize, config), config) as never,
  );
}

/** The first half of {@link selectDetections}, before anything is read. */
export function detectionCandidates(
  logits: Tensor2D,
  deltas: Tensor2D,
  proposals: Tensor2D,
  imageSize: readonly [number, number],
  config: DetectionConfig,
): DetectionCandidates {
  return tf.tidy(() => {
    const [rois, outputs] = logits.shape;
    const classes = outputs - 1;
    const first = config.background === 'first' ? 1 : 0;
    const probabilities = tf.slice(tf.softmax(logits), [0, first], [rois, classes]);
    const columns = deltas.shape[1] / 4;
    const perClass = tf.reshape<tf.Rank.R3>(deltas, [rois, columns, 4]);
    const foreground: Tensor3D = columns === outputs ? tf.slice(perClass, [0, first, 0], [rois, classes, 4]) : perClass;
    const { boxes, scores } = boxCandidates(foreground, proposals, probabilities, {
      imageSize,
      weights: config.coderWeights,
      logScaleLimit: LOG_SCALE_LIMIT,
      minSize: config.minSize,
    });
    const labels = tf.tile(tf.range(0, classes, 1, 'int32'), [rois]) as Tensor1D;
    const groups = config.acrossClasses === true ? tf.zerosLike(labels) : labels;
    return { boxes, scores, classes: labels, groups };
  }) as unknown as DetectionCandidates;
}

/** The second half of {@link selectDetections}; portable kernels read the candidates. */
export function suppressDetections(
  { boxes, scores, classes, groups }: DetectionCandidates,
  config: DetectionConfig,
): Detections {
  return tf.tidy(() => {
    const kept = batchedNms(boxes, scores, groups, {
      iouThreshold: config.nmsThreshold,
      scoreThreshold: Math.max(config.scoreThreshold, DROPPED),
      maxOutputSize: config.maxDetections,
    });
    return { boxes: tf.gather(boxes, kept), scores: tf.gather(scores, kept), classes: tf.gather(classes, kept) };
  }) as unknown as Detections;
}
