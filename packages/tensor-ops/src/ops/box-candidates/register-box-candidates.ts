/** Kernels of `boxCandidates`. */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { attr } from '../../kernel/native-backend';
import { registerOnAllBackends } from '../../kernel/registry';

export const BOX_CANDIDATES = 'IcConvBoxCandidates';

export interface BoxCandidatesAttrs {
  readonly imageSize: readonly [height: number, width: number];
  readonly weights: readonly [number, number, number, number];
  readonly logScaleLimit: number;
  readonly minSize: number;
}

interface Inputs {
  readonly deltas: Tensor3D;
  readonly references: Tensor2D;
  readonly scores: Tensor2D;
}

export function registerBoxCandidates(): void {
  registerOnAllBackends<Inputs, BoxCandidatesAttrs>(
    BOX_CANDIDATES,
    ({ deltas, references, scores }, attrs, context) => {
      if (context.native === undefined) return boxCandidatesPortable(deltas, references, scores, attrs);
      return context.native.executeMultipleOutputs(
        'IcconvBoxCandidates',
        [
          { ...attr.float('weights', 0), value: attrs.weights },
          attr.float('log_scale_limit', attrs.logScaleLimit),
          attr.float('min_size', attrs.minSize),
        ],
        [deltas, references, scores, tf.tensor1d([...attrs.imageSize], 'int32')],
        2,
      ) as Tensor[];
    },
  );
}

/** The same as ordinary operators, of both axes at once. */
function boxCandidatesPortable(
  deltas: Tensor3D,
  references: Tensor2D,
  scores: Tensor2D,
  { imageSize: [height, width], weights, logScaleLimit, minSize }: BoxCandidatesAttrs,
): [Tensor2D, Tensor1D] {
  const [rows, candidates] = scores.shape;
  // TensorFlow.js' own CPU backend splits no empty tensor.
  if (rows * candidates === 0) return [tf.zeros([0, 4]), tf.zeros([0])];
  const [low, high] = tf.split(tf.expandDims<Tensor3D>(references, 1), 2, -1) as [Tensor, Tensor];
  const lengths = tf.sub(high, low);
  const [shifts, scales] = tf.split(tf.div(deltas, tf.tensor1d([...weights])), 2, -1) as [Tensor, Tensor];
  const centres = tf.add(tf.mul(shifts, lengths), tf.add(low, tf.mul(lengths, 0.5)));
  const halves = tf.mul(tf.mul(tf.exp(tf.minimum(scales, logScaleLimit)), lengths), 0.5);
  const ends = tf.tensor1d([width, height]);
  const cut = (points: Tensor) => tf.maximum(0, tf.minimum(points, ends));
  const [from, to] = [cut(tf.sub(centres, halves)), cut(tf.add(centres, halves))];
  const boxes = tf.concat([from, to], -1);
  const large = tf.greaterEqual(tf.min(tf.sub(to, from), -1), minSize);
  const kept = tf.where(large, scores, tf.fill(scores.shape, -1));
  const all = tf.broadcastTo(boxes, [rows, candidates, 4]);
  return [tf.reshape<tf.Rank.R2>(all, [rows * candidates, 4]), tf.reshape<tf.Rank.R1>(kept, [rows * candidates])];
}
