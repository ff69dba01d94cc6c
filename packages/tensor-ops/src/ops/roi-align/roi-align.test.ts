import { describeBackends, maxAbsError } from '@icconv/test-utils';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { VisionError } from '../../errors';
import { multiLevelRoiAlign, ROI_ALIGN_DEFAULTS, type RoiAlignOptions, roiAlign } from './roi-align';

/** A map whose pixel (y, x) holds 10 y + x. */
const ramp = (height: number, width: number): Tensor4D =>
  tf.tensor4d(
    Array.from({ length: height * width }, (_, i) => 10 * Math.floor(i / width) + (i % width)),
    [1, height, width, 1],
  );

function pooled(features: () => Tensor4D, rois: number[][], options: RoiAlignOptions): number[] {
  return tf.tidy(() => Array.from(roiAlign(features(), tf.tensor2d(rois, [rois.length, 5]), options).dataSync()));
}

function messageOf(body: () => unknown): string {
  try {
    tf.tidy(() => body() as tf.Tensor);
  } catch (error) {
    expect(VisionError.isInstance(error)).toBe(true);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describeBackends('roiAlign', activate, () => {
  test('samples bin centers with pixel centers at half-integers, or at integers in the legacy rule', () => {
    const rois = [[0, 1, 1, 3, 3]];
    // Bins of 1 x 1 pixel, one sample each, at 1.5 and 2.5; minus 0.5 that is pixels 1 and 2.
    expect(pooled(() => ramp(4, 4), rois, { outputSize: 2, samplingRatio: 1 })).toEqual([11, 12, 21, 22]);
    const legacy = pooled(() => ramp(4, 4), rois, { outputSize: 2, samplingRatio: 1, aligned: false });
    expect(legacy).toEqual([16.5, 17.5, 26.5, 27.5]);
  });

  test('takes ceil(bin size) samples when the ratio is 0', () => {
    // One bin of 3 x 3 pixels: nine samples on the pixels themselves.
    const [mean] = pooled(() => ramp(4, 4), [[0, 0, 0, 3, 3]], { outputSize: 1 });
    expect(mean).toBeCloseTo(11, 5);
  });

  test('clamps within one pixel of the border and counts what is farther as 0', () => {
    const options = { outputSize: 1, samplingRatio: 1 } as const;
    // Samples at x = -0.9 (clamped to pixel 0), x = -1.1 (outside), x = 4 (clamped), x = 4.1 (outside); y on row 0.
    const rois = [-0.4, -0.6, 4.5, 4.6].map((x) => [0, x - 0.25, 0, x + 0.25, 1]);
    expect(pooled(() => tf.ones([1, 4, 4, 1]), rois, options)).toEqual([1, 0, 1, 0]);
  });

  test('a box without area gives 0 with adaptive sampling, a 1 x 1 box in the legacy rule', () => {
    const rois = [
      [0, 2, 2, 2, 2],
      [0, 3, 3, 1, 1],
    ];
    const ones = () => tf.ones<tf.Rank.R4>([1, 4, 4, 1]);
    expect(pooled(ones, rois, { outputSize: 1 })).toEqual([0, 0]);
    expect(pooled(ones, rois, { outputSize: 1, aligned: false })).toEqual([1, 1]);
    expect(pooled(ones, rois, { outputSize: 1, samplingRatio: 2 })).toEqual([1, 1]);
  });

  test('no RoI, one pixel, far outside, absurdly large', () => {
    const one = () => tf.fill<tf.Rank.R4>([1, 1, 1, 1], 5);
    expect(pooled(one, [], { outputSize: 7 })).toEqual([]);
    expect(pooled(one, [[0, 0, 0, 1, 1]], { outputSize: 1 })).toEqual([5]);
    expect(pooled(one, [[0, 100, 100, 200, 200]], { outputSize: 1 })).toEqual([0]);
    const [huge] = pooled(one, [[0, -1e30, -1e30, 1e30, 1e30]], { outputSize: 1 });
    expect(huge).toBeLessThan(1e-3);
  });

  test('channels are independent, whatever their number', () => {
    for (const channels of [1, 7, 16, 33, 257]) {
      const error = tf.tidy(() => {
        const offsets = tf.range(0, channels, 1);
        const map = tf.add(ramp(6, 5), offsets) as Tensor4D;
        const rois = tf.tensor2d([[0, 0.3, 0.7, 4.1, 5.2]]);
        const alone = roiAlign(ramp(6, 5), rois, { outputSize: [2, 3], samplingRatio: 2 });
        const together = roiAlign(map, rois, { outputSize: [2, 3], samplingRatio: 2 });
        return maxAbsError(together.dataSync(), tf.add(alone, offsets).dataSync());
      });
      expect(error).toBeLessThan(1e-4);
    }
  });

  test('the gradient for the RoIs is 0', () => {
    const grads = tf.tidy(() => {
      const pool = (map: tf.Tensor, rois: tf.Tensor) =>
        roiAlign(map as Tensor4D, rois as tf.Tensor2D, { outputSize: 2 });
      return tf
        .grads(pool)([ramp(4, 4), tf.tensor2d([[0, 0, 0, 3, 3]])])
        .map((grad) => Array.from(grad.dataSync()));
    });
    // Four bins of gradient 1 spread whole over the map.
    expect(grads[0]!.reduce((a, b) => a + b)).toBeCloseTo(4, 5);
    expect(grads[1]).toEqual([0, 0, 0, 0, 0]);
  });

  test('the gradient of no RoI is a map of zeros', () => {
    const sum = tf.tidy(() => {
      const rois = tf.zeros<tf.Rank.R2>([0, 5]);
      const grad = tf.grad((map) => roiAlign(map as Tensor4D, rois, { outputSize: 2 }))(
        ramp(4, 4),
        tf.zeros([0, 2, 2, 1]),
      );
      expect(grad.shape).toEqual([1, 4, 4, 1]);
      return tf.sum(tf.abs(grad)).dataSync()[0];
    });
    expect(sum).toBe(0);
  });

  test('refuses what it cannot pool', () => {
    const rois = () => tf.tensor2d([[0, 0, 0, 1, 1]]);
    expect(messageOf(() => roiAlign(ramp(2, 2), tf.zeros([3, 4]), { outputSize: 1 }))).toBe(
      'roiAlign: rois must have shape [R, 5], received [3, 4]',
    );
    expect(messageOf(() => roiAlign(tf.zeros([1, 0, 2, 3]), rois(), { outputSize: 1 }))).toContain(
      'H and W at least 1',
    );
    expect(messageOf(() => roiAlign(ramp(2, 2), rois(), { outputSize: 0 }))).toContain('outputSize');
    expect(messageOf(() => roiAlign(ramp(2, 2), rois(), { outputSize: 1, samplingRatio: -1 }))).toContain(
      'samplingRatio',
    );
    expect(messageOf(() => roiAlign(ramp(2, 2), rois(), { outputSize: 1, spatialScale: 0 }))).toContain('spatialScale');
    const bad = (row: number[]) =>
      messageOf(() => roiAlign(ramp(2, 2), tf.tensor2d([[0, 0, 0, 1, 1], row]), { outputSize: 1 }));
    expect(bad([0, 0, Number.NaN, 1, 1])).toBe(
      'roiAlign: rois[1] must be [image, x1, y1, x2, y2] in finite numbers, received [0, 0, NaN, 1, 1]',
    );
    expect(bad([1, 0, 0, 1, 1])).toBe('roiAlign: rois[1][0] must be an image of the batch, 0 to 0, received 1');
    expect(bad([0, 0, 0, Number.POSITIVE_INFINITY, 1])).toContain('finite');
  });

  test('several maps: refuses levels and shapes that do not fit', () => {
    const rois = () => tf.tensor2d([[0, 0, 0, 1, 1]]);
    const level = (value: number) => tf.tensor1d([value], 'int32');
    const options = { outputSize: 1, spatialScales: [1, 0.5] };
    const call = (levels: () => tf.Tensor1D, second: () => Tensor4D = () => ramp(1, 1)) =>
      messageOf(() => multiLevelRoiAlign([ramp(2, 2), second()], rois(), levels(), options));
    expect(call(() => level(2))).toContain('levels[0] must be an index of the 2 maps, received 2');
    expect(call(() => tf.tensor1d([0, 1], 'int32'))).toContain('one for each RoI');
    expect(call(() => tf.tensor1d([0]))).toContain('int32');
    expect(
      call(
        () => level(0),
        () => tf.zeros([1, 1, 1, 2]),
      ),
    ).toContain('features[1] must have shape [N, H, W, 1]');
    expect(messageOf(() => multiLevelRoiAlign([ramp(2, 2)], rois(), level(0), options))).toContain(
      'one scale for each of the 1 maps',
    );
  });
});

test('defaults are as documented', () => {
  expect(ROI_ALIGN_DEFAULTS).toEqual({ spatialScale: 1, samplingRatio: 0, aligned: true });
});
