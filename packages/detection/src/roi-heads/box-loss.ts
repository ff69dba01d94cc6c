/** Losses of the box head: the class of every sampled proposal, and the deltas of its class for those that are foreground. */
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type BoxCoderWeights, decodeBoxes } from '../boxes/box-coder';
import { crossEntropyMean, giouSum, nothing, smoothL1Sum } from '../losses/box-losses';
import type { SampledProposals } from './sample-proposals';

export interface BoxLossConfig {
  readonly background: 'first' | 'last';
  /** `smoothL1` compares deltas, `giou` decoded boxes. */
  readonly boxLoss: 'smoothL1' | 'giou';
  /** Where smooth L1 turns from quadratic to linear; 0 for plain L1. */
  readonly smoothL1Beta: number;
  readonly coderWeights: BoxCoderWeights;
}

/**
 * Letters: S sampled proposals of all images, K classes.
 * @param logits - float32 [S, K + 1]. @param deltas - float32 [S, 4 K], [S, 4 (K + 1)] or [S, 4].
 * @param samples - of each image, in the order of the rows of `logits`.
 * @returns two scalars, differentiable for `logits` and `deltas`; finite without foreground too.
 */
export function boxHeadLoss(
  logits: Tensor2D,
  deltas: Tensor2D,
  samples: readonly SampledProposals[],
  config: BoxLossConfig,
): { readonly classification: Scalar; readonly box: Scalar } {
  return tf.tidy(() => {
    const [total, outputs] = logits.shape;
    const shift = config.background === 'first' ? 1 : 0;
    const backgroundLabel = config.background === 'first' ? 0 : outputs - 1;
    const columns = deltas.shape[1] / 4;
    const labels = new Int32Array(total);
    const rows: number[] = [];
    let at = 0;
    for (const sample of samples) {
      sample.classes.forEach((category, i) => {
        labels[at + i] = category < 0 ? backgroundLabel : category + shift;
        if (category < 0) return;
        // Row of the class's deltas, when deltas are seen as [S columns, 4].
        const column = columns === 1 ? 0 : columns === outputs ? category + shift : category;
        rows.push((at + i) * columns + column);
      });
      at += sample.classes.length;
    }
    const classification = crossEntropyMean(logits, tf.tensor1d(labels, 'int32'));
    if (rows.length === 0 || total === 0) return { classification, box: nothing(deltas) };
    const predicted = tf.gather(tf.reshape(deltas, [-1, 4]) as Tensor2D, tf.tensor1d(rows, 'int32') as Tensor1D);
    const targets = tf.concat(samples.map((sample) => sample.deltaTargets)) as Tensor2D;
    const box =
      config.boxLoss === 'smoothL1'
        ? smoothL1Sum(predicted, targets, config.smoothL1Beta)
        : giouLoss(predicted, targets, samples, config.coderWeights);
    return { classification, box: tf.div(box, total) as Scalar };
  });
}

function giouLoss(
  predicted: Tensor2D,
  targets: Tensor2D,
  samples: readonly SampledProposals[],
  weights: BoxCoderWeights,
): Scalar {
  const references = tf.concat(
    samples.map((sample) => tf.slice(sample.boxes, [0, 0], [sample.foreground, 4])),
  ) as Tensor2D;
  return giouSum(decodeBoxes(predicted, references, weights), decodeBoxes(targets, references, weights));
}
