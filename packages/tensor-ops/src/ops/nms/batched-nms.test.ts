import { describeBackends } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { VisionError } from '../../errors';
import { type BatchedNmsOptions, batchedNms, batchedNmsAsync } from './batched-nms';
import { greedyNms } from './greedy-nms';

function kept(
  boxes: number[][],
  scores: number[],
  options: Partial<BatchedNmsOptions> = {},
  groups?: number[],
): number[] {
  return tf.tidy(() => {
    const groupTensor = groups === undefined ? undefined : tf.tensor1d(groups, 'int32');
    const result = batchedNms(tf.tensor2d(boxes, [boxes.length, 4]), tf.tensor1d(scores), groupTensor, {
      iouThreshold: 0.5,
      ...options,
    });
    expect(result.dtype).toBe('int32');
    return Array.from(result.dataSync());
  });
}

function messageOf(body: () => tf.Tensor): string {
  try {
    tf.tidy(body);
  } catch (error) {
    expect(VisionError.isInstance(error)).toBe(true);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

const A = [0, 0, 10, 10];
/** IoU 9/11 with A. */
const B = [1, 0, 11, 10];
const FAR = [50, 50, 60, 60];

describeBackends('batchedNms', activate, () => {
  test('keeps the better of two that overlap, by descending score', () => {
    expect(kept([A, B, FAR], [0.5, 0.8, 0.9])).toEqual([2, 1]);
    expect(kept([A, B, FAR], [0.5, 0.8, 0.9], { iouThreshold: 0.82 })).toEqual([2, 1, 0]);
  });

  test('groups do not compete, also with negative and large numbers', () => {
    expect(kept([A, B, A], [0.5, 0.8, 0.9], {}, [1, 1, 2])).toEqual([2, 1]);
    expect(kept([A, A, A], [0.5, 0.8, 0.9], {}, [-1, 2147483647, -2147483648])).toEqual([2, 1, 0]);
  });

  test('a threshold is compared in double precision, and only more than it suppresses', () => {
    // IoU of exactly 1/2, in float32 too.
    const half = [0, 0, 10, 5];
    expect(kept([A, half], [0.9, 0.8], { iouThreshold: 0.5 })).toEqual([0, 1]);
    expect(kept([A, half], [0.9, 0.8], { iouThreshold: 0.5 - 2 ** -52 })).toEqual([0]);
    // 0.3 in float32 is a little more than 0.3, so an IoU of 0.3 in float32 is above the threshold 0.3.
    const third = [0, 0, 10, 3];
    expect(kept([A, third], [0.9, 0.8], { iouThreshold: 0.3 })).toEqual([0]);
    expect(kept([A, third], [0.9, 0.8], { iouThreshold: Math.fround(0.3) })).toEqual([0, 1]);
  });

  test('a chain: what is suppressed suppresses nothing', () => {
    const C = [2, 0, 12, 10];
    // B overlaps both; A and C overlap by 8/12.
    expect(kept([A, B, C], [0.9, 0.8, 0.7], { iouThreshold: 0.7 })).toEqual([0, 2]);
  });

  test('equal scores go by index', () => {
    expect(kept([FAR, B, A, [90, 90, 91, 91]], [0.5, 0.5, 0.5, 0.5])).toEqual([0, 1, 3]);
    expect(kept([A, FAR], [-0, 0])).toEqual([0, 1]);
  });

  test('score threshold and limit', () => {
    expect(kept([A, B, FAR], [0.5, 0.4, 0.3], { scoreThreshold: 0.3 - 1e-12 })).toEqual([0, 2]);
    expect(kept([A, B, FAR], [0.5, 0.4, 0.3], { scoreThreshold: Math.fround(0.3) })).toEqual([0]);
    expect(kept([A, B, FAR], [0.5, 0.4, 0.3], { scoreThreshold: 1 })).toEqual([]);
    expect(kept([A, B, FAR], [0.5, 0.4, 0.3], { maxOutputSize: 1 })).toEqual([0]);
    expect(kept([A, B, FAR], [0.5, 0.4, 0.6], { maxOutputSize: 2 }, [0, 1, 1])).toEqual([2, 0]);
    expect(kept([A, B, FAR], [0.5, 0.4, 0.3], { maxOutputSize: 0 })).toEqual([]);
  });

  test('no boxes, one box, boxes without area, infinite scores and coordinates', () => {
    expect(kept([], [])).toEqual([]);
    expect(kept([], [], {}, [])).toEqual([]);
    expect(kept([A], [-1])).toEqual([0]);
    const line = [0, 0, 10, 0];
    expect(kept([line, line, [5, 5, 1, 1]], [0.1, 0.3, 0.2])).toEqual([1, 2, 0]);
    expect(kept([A, B, FAR], [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0])).toEqual([1, 2]);
    const infinite = [0, 0, Number.POSITIVE_INFINITY, 10];
    const unknown = [0, 0, Number.NaN, 10];
    expect(kept([infinite, unknown, A, infinite], [0.9, 0.8, 0.7, 0.6])).toEqual([0, 1, 2, 3]);
  });

  test('sizes from a thousandth to a million in one call', () => {
    const boxes = Array.from({ length: 600 }, (_, i) => {
      const side = 10 ** ((i % 10) - 3);
      return [0, 0, side, side];
    });
    expect(
      kept(
        boxes,
        boxes.map((_, i) => -i),
      ),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('thousands of boxes that mostly stay: the same as the plain definition', () => {
    // Enough kept ones that the native kernel turns to its spatial index; sides from 1 to 1000.
    const count = 3000;
    const random = hashed(11, 5 * count).map((v) => (v + 1) / 2);
    const boxes = new Float32Array(4 * count);
    for (let i = 0; i < count; i++) {
      const [x, y, width, height] = random.subarray(5 * i, 5 * i + 4) as unknown as [number, number, number, number];
      boxes.set([2000 * x, 2000 * y, 2000 * x + 1000 ** width, 2000 * y + 1000 ** height], 4 * i);
    }
    const scores = Float32Array.from({ length: count }, (_, i) => random[5 * i + 4]!);
    for (const iouThreshold of [0, 0.1, 0.5, 0.9]) {
      const result = tf.tidy(() =>
        batchedNms(tf.tensor2d(boxes, [count, 4]), tf.tensor1d(scores), undefined, { iouThreshold }).dataSync(),
      );
      const limits = { scoreThreshold: undefined, maxOutputSize: Number.POSITIVE_INFINITY };
      expect(Array.from(result)).toEqual(Array.from(greedyNms(boxes, scores, [], { iouThreshold, ...limits })));
      if (iouThreshold > 0) expect(result.length).toBeGreaterThan(500);
    }
  });

  test('refuses a NaN score and what does not fit', () => {
    const options = { iouThreshold: 0.5 };
    const call = (boxes: number[][], scores: number[], extra: Partial<BatchedNmsOptions> = {}) =>
      messageOf(() => batchedNms(tf.tensor2d(boxes), tf.tensor1d(scores), undefined, { ...options, ...extra }));
    expect(call([A, B], [0.5, Number.NaN])).toBe('batchedNms: scores[1] must be a number, received NaN');
    expect(call([[0, 0, 1, 1, 1]], [1])).toBe('batchedNms: boxes must have shape [N, 4], received [1, 5]');
    expect(call([A, B], [1])).toBe('batchedNms: scores must have shape [2], one for each box, received [1]');
    expect(call([A], [1], { iouThreshold: 1.5 })).toContain('iouThreshold must be a number from 0 to 1, received 1.5');
    expect(call([A], [1], { iouThreshold: Number.NaN })).toContain('iouThreshold');
    expect(call([A], [1], { scoreThreshold: Number.NaN })).toContain('scoreThreshold');
    expect(call([A], [1], { maxOutputSize: -1 })).toContain('maxOutputSize');
    const groups = () => batchedNms(tf.tensor2d([A]), tf.tensor1d([1]), tf.tensor1d([1]), options);
    expect(messageOf(groups)).toBe('batchedNms: groups.dtype must be int32, received "float32"');
  });

  test('the waiting variant refuses a NaN score too', async () => {
    const boxes = tf.tensor2d([A]);
    const scores = tf.tensor1d([Number.NaN]);
    await expect(batchedNmsAsync(boxes, scores, undefined, { iouThreshold: 0.5 })).rejects.toThrow('scores[0]');
    tf.dispose([boxes, scores]);
  });
});
