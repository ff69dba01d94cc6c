/**
 * From the RPN's output to proposals: the best boxes of each level, cut at the image, without near-duplicates.
 *
 * Letters: A anchors a cell, P proposals. One image at a time.
 */

import { batchedNms, boxCandidates } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type BoxCoderWeights, LOG_SCALE_LIMIT } from '../boxes/box-coder';
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
      return { values, deltas: tf.gather(deltas[level]!, indices), anchors: tf.gather(anchors[level]!, indices) };
    });
    const best = tf.concat(levels.map((level) => level.values));
    const { boxes, scores } = boxCandidates(
      tf.reshape(tf.concat(levels.map((level) => level.deltas)), [best.size, 1, 4]),
      tf.concat(levels.map((level) => level.anchors)) as Tensor2D,
      tf.reshape(tf.sigmoid(best), [best.size, 1]),
      { imageSize, weights: RPN_CODER_WEIGHTS, logScaleLimit: LOG_SCALE_LIMIT, minSize: config.minSize },
    );
    const groups = Int32Array.from(levels.flatMap(({ values }, level) => new Array<number>(values.size).fill(level)));
    return { boxes, scores, groups: tf.tensor1d(groups, 'int32') };
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

/** The score that `boxCandidates` gives a box that must not be kept: under every probability. */
export const DROPPED = -1;
