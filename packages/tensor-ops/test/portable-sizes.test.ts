/** Sizes of what the portable kernels make on their way: WebGL keeps every tensor in a texture, which devices bound at 4096 to 8192 a side. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, test } from 'vitest';
import type { ConvGeometry } from '../src/kernel/geometry';
import { forwardInStrips, portableKernels } from '../src/ops/conv-kernels/portable-kernels';
import type { roiTaps } from '../src/ops/roi-align/geometry';
import { roiAlignGather } from '../src/ops/roi-align/roi-align-gather';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Kernels that ran, and the most numbers in one of their outputs. */
async function profiled(run: () => tf.Tensor): Promise<{ readonly kernels: string[]; readonly most: number }> {
  const { kernels } = await tf.profile(() => tf.tidy(run));
  const sizes = kernels.flatMap(({ outputShapes }) => outputShapes.map((shape) => tf.util.sizeFromShape(shape)));
  return { kernels: kernels.map(({ name }) => name), most: Math.max(...sizes) };
}

test('a linear layer over many RoIs is one product of matrices', async () => {
  const x = tf.randomNormal<tf.Rank.R4>([300, 1, 1, 64], 0, 1, 'float32', 1);
  const filter = tf.randomNormal<tf.Rank.R4>([1, 1, 64, 10], 0, 1, 'float32', 2);
  const geometry: ConvGeometry = { strides: [1, 1], pad: [0, 0], dilations: [1, 1], groups: 1 };
  const { kernels, most } = await profiled(() => portableKernels.forward(x, filter, geometry));
  expect(kernels).toContain('BatchMatMul');
  expect(kernels).not.toContain('Conv2D');
  expect(most).toBe(300 * 64);
});

describe('a convolution in strips', () => {
  it.each<[string, ConvGeometry]>([
    ['plain', { strides: [1, 1], pad: [1, 1], dilations: [1, 1], groups: 1 }],
    ['strided', { strides: [2, 2], pad: [1, 2], dilations: [1, 1], groups: 1 }],
    ['dilated', { strides: [1, 1], pad: [3, 2], dilations: [3, 2], groups: 1 }],
  ])('is the same: %s', async (_, geometry) => {
    const x = tf.randomNormal<tf.Rank.R4>([2, 11, 9, 3], 0, 1, 'float32', 1);
    const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 3, 4], 0, 1, 'float32', 2);
    const whole = portableKernels.forward(x, filter, geometry);
    // A few rows at once.
    const strips = forwardInStrips(x, filter, geometry, 2.5 * 2 * 9 * 27);
    expect(strips.shape).toEqual(whole.shape);
    expect(await tf.max(tf.abs(tf.sub(strips, whole))).data()).toEqual(Float32Array.of(0));
    const { kernels } = await profiled(() => forwardInStrips(x, filter, geometry, 2.5 * 2 * 9 * 27));
    expect(kernels.filter((name) => name === 'Conv2D').length).toBeGreaterThan(1);
  });
});

test('RoIAlign by gathers makes nothing larger than its maps together or its result', async () => {
  const maps = [32, 16].map((side) => tf.randomNormal<tf.Rank.R4>([1, side, side, 8], 0, 1, 'float32', side));
  const rois = tf.tensor2d(Array.from({ length: 40 }, (_, i) => [0, i % 9, i % 7, 20 + (i % 11), 24 + (i % 5)]));
  const levels = tf.tensor1d(
    Array.from({ length: 40 }, (_, i) => i % 2),
    'int32',
  );
  const attrs: Parameters<typeof roiTaps>[2] = {
    outputSize: [7, 7],
    samplingRatio: 2,
    aligned: false,
    maps: maps.map(({ shape }, i) => ({ shape, scale: 1 / 2 ** i })),
  };
  const { most } = await profiled(() => roiAlignGather(rois, levels, maps, attrs));
  expect(most).toBe(Math.max(40 * 49 * 8, (32 * 32 + 16 * 16) * 8));
});
