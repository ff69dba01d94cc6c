/** Chooses the proposals that the box head is trained on, and what it should say of them. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type BoxCoderWeights, encodeBoxes } from '../boxes/box-coder';
import { pairwiseIou } from '../boxes/box-ops';
import { type MatcherConfig, matchBoxes } from '../matching/matcher';
import { type Draw, type SamplerConfig, sampleBalanced } from '../matching/sampler';

export interface GroundTruth {
  /** float32 [G, 4], x1 y1 x2 y2 in pixels of the network's input; G may be 0. */
  readonly boxes: Tensor2D;
  /** Class of each box, 0 to K - 1, the background not counted. */
  readonly classes: Int32Array;
  /**
   * For a network with masks: the mask of each box, as run lengths down the columns of the image without its padding, zeros first.
   */
  readonly masks?: readonly Uint32Array[];
}

export interface SampledProposals {
  /** float32 [S, 4], foreground first. */
  readonly boxes: Tensor2D;
  /** Class of each, 0 to K - 1, or -1 for background. */
  readonly classes: Int32Array;
  /** Deltas from the foreground proposals to their ground truth, float32 [F, 4]. */
  readonly deltaTargets: Tensor2D;
  readonly foreground: number;
  /** The ground truth of each foreground proposal, by its number. */
  readonly truths: Int32Array;
  /** Rows that were proposed, and not added as ground truth. */
  readonly proposed: Int32Array;
}

export interface ProposalSamplerConfig {
  readonly matcher: MatcherConfig;
  readonly sampler: SamplerConfig;
  readonly coderWeights: BoxCoderWeights;
}

/** The ground-truth boxes join the proposals, so that there is foreground from the first step on. The caller disposes the tensors. */
export function sampleProposals(
  proposals: Tensor2D,
  truth: GroundTruth,
  config: ProposalSamplerConfig,
  draw: Draw,
): SampledProposals {
  return tf.tidy(() => {
    const candidates = tf.concat([proposals, truth.boxes]) as Tensor2D;
    const matches = matchBoxes(pairwiseIou(truth.boxes, candidates), config.matcher).dataSync();
    const sample = sampleBalanced(matches, config.sampler, draw);
    const foreground = sample.foreground.length;
    const indices = new Int32Array(foreground + sample.background.length);
    indices.set(sample.foreground);
    indices.set(sample.background, foreground);
    const boxes = tf.gather(candidates, tf.tensor1d(indices, 'int32'));
    const truths = sample.foreground.map((index) => matches[index]!);
    const proposed = Int32Array.from(indices.keys()).filter((row) => indices[row]! < proposals.shape[0]);
    const classes = new Int32Array(indices.length).fill(-1);
    truths.forEach((truthIndex, i) => {
      classes[i] = truth.classes[truthIndex]!;
    });
    const deltaTargets =
      foreground === 0
        ? tf.zeros([0, 4])
        : encodeBoxes(
            tf.gather(truth.boxes, tf.tensor1d(truths, 'int32')),
            tf.slice(boxes, [0, 0], [foreground, 4]),
            config.coderWeights,
          );
    return { boxes, classes, deltaTargets, foreground, truths, proposed } as unknown as tf.TensorContainer;
  }) as unknown as SampledProposals;
}
