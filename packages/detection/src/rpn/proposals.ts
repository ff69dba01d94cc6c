/**
 * From the RPN's output to proposals: the best boxes of each level, cut at the image, without near-duplicates.
 *
 * Letters: A anchors a cell, P proposals. One image at a time.
 */

import { batchedNms } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type BoxCoderWeights, decodeBoxes } from '../boxes/box-coder';
import { clipBoxes, corners } from '../boxes/box-ops';
import type { ProposalConfig } from '../config/faster-rcnn-config';

/** The deltas of the RPN are not weighted, in any of the conventions. */
export const RPN_CODER_WEIGHTS: BoxCoderWeights = [1, 1, 1, 1];

export interface Proposals {
  /** float32 [P, 4], x1 y1 x2 y2 in pixels of the network's input, by descending score. */
  readonly boxes: Tensor2D;
  /** float32 [P], probability of an object. */
  readonly scores: Tensor1D;
}

/** Boxes before suppression, of all levels. */
export interface ProposalCandidates {
  /** float32 [B, 4], cut at the image. */
  readonly boxes: Tensor2D;
  /** float32 [B], probability of an object; {@link DROPPED} for boxes that are too small. */
  readonly scores: Tensor1D;
  /** int32 [B], their levels. */
  readonly groups: Tensor1D;
}

/**
 * @param logits - of each level, float32 [H W A].
 * @param deltas - of each level, float32 [H W A, 4].
 * @param anchors - of each level, float32 [H W A, 4].
 * @param imageSize - height and width of the image within the padded batch, pixels.
 * @returns tensors that the caller disposes.
 */
export function selectProposals(
  logits: readonly Tensor1D[],
  deltas: readonly Tensor2D[],
  anchors: readonly Tensor2D[],
  imageSize: readonly [number, number],
  config: ProposalConfig,
): Proposals {
  return tf.tidy(
    () => suppressProposals(proposalCandidates(logits, deltas, anchors, imageSize, config), config) as never,
  );
}

/** The first half of {@link selectProposals}, before anything is read. */
export function proposalCandidates(
  logits: readonly Tensor1D[],
  deltas: readonly Tensor2D[],
  anchors: readonly Tensor2D[],
  imageSize: readonly [number, number],
  config: ProposalConfig,
): ProposalCandidates {
  return tf.tidy(() => {
    const levels = logits.map((levelLogits, level) => {
      const { values, indices } = tf.topk(levelLogits, Math.min(config.preNmsTopN, levelLogits.size));
      const boxes = decodeBoxes(
        tf.gather(deltas[level]!, indices),
        tf.gather(anchors[level]!, indices),
        RPN_CODER_WEIGHTS,
      );
      return { scores: tf.sigmoid(values), boxes, level: tf.fill([indices.size], level, 'int32') };
    });
    const boxes = clipBoxes(tf.concat(levels.map((level) => level.boxes)) as Tensor2D, ...imageSize);
    const scores = tf.concat(levels.map((level) => level.scores)) as Tensor1D;
    const groups = tf.concat(levels.map((level) => level.level)) as Tensor1D;
    return { boxes, scores: dropSmall(boxes, scores, config.minSize), groups };
  }) as unknown as ProposalCandidates;
}

/** The second half of {@link selectProposals}; portable kernels read the candidates. */
export function suppressProposals({ boxes, scores, groups }: ProposalCandidates, config: ProposalConfig): Proposals {
  return tf.tidy(() => {
    const kept = batchedNms(boxes, scores, groups, {
      iouThreshold: config.nmsThreshold,
      scoreThreshold: DROPPED,
      maxOutputSize: config.postNmsTopN,
    });
    return { boxes: tf.gather(boxes, kept), scores: tf.gather(scores, kept) };
  }) as unknown as Proposals;
}

/** The score of a box that must not be kept: under every probability. */
export const DROPPED = -1;

/** The scores, with {@link DROPPED} for boxes that have a side under `minSize`. Keeps shapes static, so nothing is read back. */
export function dropSmall(boxes: Tensor2D, scores: Tensor1D, minSize: number): Tensor1D {
  return tf.tidy(() => {
    const [x1, y1, x2, y2] = corners(boxes);
    const side = tf.squeeze(tf.minimum(tf.sub(x2, x1), tf.sub(y2, y1)), [1]);
    return tf.where(tf.greaterEqual(side, minSize), scores, tf.fill(scores.shape, DROPPED)) as Tensor1D;
  });
}
