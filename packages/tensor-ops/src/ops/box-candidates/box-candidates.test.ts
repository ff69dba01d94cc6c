import { describeBackends, maxAbsError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { type BoxCandidatesOptions, boxCandidates } from './box-candidates';

const OPTIONS: BoxCandidatesOptions = { imageSize: [50, 100], logScaleLimit: 1 };

function candidates(deltas: number[][][], references: number[][], scores: number[][], options = {}) {
  return tf.tidy(() => {
    const result = boxCandidates(tf.tensor3d(deltas), tf.tensor2d(references), tf.tensor2d(scores), {
      ...OPTIONS,
      ...options,
    });
    return { boxes: result.boxes.arraySync(), scores: result.scores.arraySync() };
  });
}

describeBackends('boxCandidates', activate, () => {
  test('moves, scales and cuts', () => {
    const reference = [10, 10, 30, 20];
    const of = (delta: number[], options = {}) => candidates([[delta]], [reference], [[0.75]], options).boxes[0]!;
    expect(of([0, 0, 0, 0])).toEqual(reference);
    expect(of([0.5, 0, 0, 0], { weights: [5, 1, 1, 1] })).toEqual([12, 10, 32, 20]);
    expect(of([9, 9, 0, 0])).toEqual([100, 50, 100, 50]);
    const wide = of([0, 0, 9, Math.log(0.5)]);
    [0, 12.5, 20 + 10 * Math.E, 17.5].forEach((at, i) => void expect(wide[i]).toBeCloseTo(at, 4));
  });

  test('marks boxes with a side that is too short', () => {
    const references = [
      [0, 0, 2, 2],
      [0, 0, 2, 1.5],
      [99, 0, 104, 5],
    ];
    const still = references.map(() => [[0, 0, 0, 0]]);
    expect(candidates(still, references, [[0.5], [0.25], [0.75]], { minSize: 2 }).scores).toEqual([0.5, -1, -1]);
    expect(candidates(still, references, [[0.5], [0.25], [0.75]]).scores).toEqual([0.5, 0.25, 0.75]);
  });

  test('candidates have deltas of their own, or those of their reference', () => {
    const references = [
      [0, 0, 10, 10],
      [20, 20, 30, 30],
    ];
    const scores = [
      [0.125, 0.25],
      [0.5, 0.75],
    ];
    const right = [0.5, 0, 0, 0];
    const own = candidates(
      [
        [[0, 0, 0, 0], right],
        [right, right],
      ],
      references,
      scores,
    );
    expect(own.boxes.map(([x1]) => x1)).toEqual([0, 5, 25, 25]);
    const shared = candidates([[[0, 0, 0, 0]], [right]], references, scores);
    expect(shared.boxes.map(([x1]) => x1)).toEqual([0, 0, 25, 25]);
    expect(shared.scores).toEqual([0.125, 0.25, 0.5, 0.75]);
  });

  test('thousands of boxes, and none', () => {
    const rows = 3000;
    tf.tidy(() => {
      const deltas = tf.tensor3d(hashed(1, rows * 8), [rows, 2, 4]);
      const corners = tf.mul(tf.tensor2d(hashed(2, rows * 2), [rows, 2]), 100);
      const references = tf.concat([corners, tf.add(corners, 10)], 1) as tf.Tensor2D;
      const scores = tf.tensor2d(hashed(3, rows * 2), [rows, 2]);
      const { boxes } = boxCandidates(deltas, references, scores, { ...OPTIONS, imageSize: [80, 90] });
      const [shifts, scales] = tf.split(deltas, 2, -1) as [tf.Tensor, tf.Tensor];
      const centres = tf.add(tf.expandDims(corners, 1), tf.add(5, tf.mul(shifts, 10)));
      const halves = tf.mul(tf.exp(scales), 5);
      const ends = tf.tensor1d([90, 80]);
      const expected = [tf.sub(centres, halves), tf.add(centres, halves)].map((points) =>
        tf.minimum(tf.relu(points), ends),
      );
      expect(maxAbsError(boxes.dataSync(), tf.concat(expected, -1).dataSync())).toBeLessThan(1e-4);
      const none = boxCandidates(tf.zeros([0, 3, 4]), tf.zeros([0, 4]), tf.zeros([0, 3]), OPTIONS);
      expect([none.boxes.shape, none.scores.shape]).toEqual([[0, 4], [0]]);
    });
  });

  test('leaves nothing behind but its results, and refuses what does not fit', () => {
    const [deltas, references, scores] = [tf.zeros([2, 3, 4]), tf.zeros([2, 4]), tf.zeros([2, 3])] as [
      tf.Tensor3D,
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    const before = tf.memory().numTensors;
    const { boxes, scores: kept } = boxCandidates(deltas, references, scores, OPTIONS);
    expect(tf.memory().numTensors).toBe(before + 2);
    const refuse = (message: string, options: Partial<BoxCandidatesOptions>, of = scores, from = references) =>
      expect(() => boxCandidates(deltas, from, of, { ...OPTIONS, ...options })).toThrow(`boxCandidates: ${message}`);
    const other = tf.zeros<tf.Rank.R2>([2, 2]);
    refuse('scores must have shape [2, 3], received [2, 2]', {}, other);
    refuse('references must have shape [2, 4], received [2, 2]', {}, scores, other);
    refuse('weights must be 4 positive numbers', { weights: [1, 1, 0, 1] });
    refuse('imageSize must be', { imageSize: [0, 4] });
    refuse('logScaleLimit must be a finite number', { logScaleLimit: Number.NaN });
    refuse('minSize must be a finite number', { minSize: Number.POSITIVE_INFINITY });
    tf.dispose([deltas, references, scores, boxes, kept, other]);
  });
});
