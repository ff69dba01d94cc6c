import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { roundDownToFloat } from '../../kernel/native-backend';
import { batchedNms } from './batched-nms';

const f = Math.fround;

// Whole pixels make equal boxes and IoUs on the threshold likely; few scores make ties likely.
const boxes = fc
  .tuple(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: -1, max: 30 }),
    fc.integer({ min: 0, max: 30 }),
  )
  .map(([x, y, width, height]) => [x, y, x + width, y + height]);
const problems = fc.record({
  items: fc.array(
    fc.record({ box: boxes, score: fc.integer({ min: 0, max: 12 }), group: fc.integer({ min: -1, max: 1 }) }),
    {
      maxLength: 300,
      size: 'max',
    },
  ),
  iouThreshold: fc.constantFrom(0, 0.2, 0.3, 1 / 3, 0.5, 0.7, 1),
  scale: fc.constantFrom(1, 0.1, 1 / 3),
});
type Problem = typeof problems extends fc.Arbitrary<infer T> ? T : never;

function run({ items, iouThreshold, scale }: Problem, only?: readonly number[]): number[] {
  const chosen = only === undefined ? items : only.map((i) => items[i]!);
  return tf.tidy(() => {
    const boxTensor = tf.tensor2d(
      chosen.map(({ box }) => box.map((v) => v * scale)),
      [chosen.length, 4],
    );
    const scores = tf.tensor1d(chosen.map(({ score }) => score));
    const groups = tf.tensor1d(
      chosen.map(({ group }) => group),
      'int32',
    );
    return Array.from(batchedNms(boxTensor, scores, groups, { iouThreshold }).dataSync());
  });
}

/** The definition. */
function bruteForce({ items, iouThreshold, scale }: Problem): number[] {
  const coordinates = items.map(({ box }) => box.map((v) => f(v * scale)));
  const order = items.map((_, i) => i).sort((a, b) => items[b]!.score - items[a]!.score || a - b);
  const kept: number[] = [];
  for (const i of order) {
    const overlapping = kept.some(
      (k) => items[k]!.group === items[i]!.group && iou(coordinates[i]!, coordinates[k]!) > iouThreshold,
    );
    if (!overlapping) kept.push(i);
  }
  return kept;
}

function iou(a: readonly number[], b: readonly number[]): number {
  const width = Math.max(0, f(Math.min(a[2]!, b[2]!) - Math.max(a[0]!, b[0]!)));
  const height = Math.max(0, f(Math.min(a[3]!, b[3]!) - Math.max(a[1]!, b[1]!)));
  const area = (box: readonly number[]) => f(f(box[2]! - box[0]!) * f(box[3]! - box[1]!));
  const intersection = f(width * height);
  return f(intersection / f(f(area(a) + area(b)) - intersection));
}

describeBackends('batchedNms properties', activate, (backend) => {
  const numRuns = backend === 'native' ? 200 : 60;

  test('keeps what the definition keeps', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        expect(run(problem)).toEqual(bruteForce(problem));
      }),
      { numRuns },
    );
  });

  test('is idempotent: of the kept boxes all are kept, in their order', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const kept = run(problem);
        expect(run(problem, kept)).toEqual(kept.map((_, i) => i));
      }),
      { numRuns },
    );
  });
});

test('roundDownToFloat gives the largest float32 not above', () => {
  const next = (x: number) => {
    const bits = new Int32Array(1);
    const float = new Float32Array(bits.buffer);
    float[0] = x;
    if (x === 0) bits[0] = 1;
    else bits[0]! += x > 0 ? 1 : -1;
    return float[0]!;
  };
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e38, max: 1e38 }), (x) => {
      const y = roundDownToFloat(x);
      expect(f(y)).toBe(y);
      expect(y <= x && next(y) > x).toBe(true);
    }),
  );
  expect(roundDownToFloat(0.5)).toBe(0.5);
  expect(roundDownToFloat(-1e-60)).toBe(-(2 ** -149));
  expect(roundDownToFloat(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
  expect(roundDownToFloat(1e300)).toBe(3.4028234663852886e38);
});
