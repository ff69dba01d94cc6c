import { readFileSync } from 'node:fs';
import { type Backend, describeBackends, loadFixture, maxAbsError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type MultiLevelRoiAlignOptions, multiLevelRoiAlign, roiAlign } from '../../src';
import { roiAlignGather, roiAlignGradGather } from '../../src/ops/roi-align/roi-align-gather';
import { activate } from '../support/activate';

interface Case {
  readonly name: string;
  readonly seed: number;
  readonly maps: readonly [number, number, number, number][];
  readonly scales: readonly number[];
  readonly outputSize: readonly [number, number];
  readonly samplingRatio: number;
  readonly aligned: boolean;
}

const folder = new URL('./fixtures/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as {
  readonly tolerance: { readonly forward: number; readonly gradient: number };
  readonly cases: readonly Case[];
};
const fixture = loadFixture(new URL('roi-align.safetensors', folder));
const cases = manifest.cases.map((c) => [c.name, c] as const);

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b);

/** Inputs of a case as tensors, and the options of the operator. */
function inputsOf(c: Case) {
  const rois = tf.tensor2d(fixture[`${c.name}/rois`]!.data as Float32Array, [fixture[`${c.name}/rois`]!.shape[0]!, 5]);
  const levels = tf.tensor1d(fixture[`${c.name}/levels`]!.data as Int32Array, 'int32');
  const maps = c.maps.map((shape, level) => tf.tensor4d(hashed(c.seed + 1 + level, size(shape)), shape));
  const yShape: [number, number, number, number] = [rois.shape[0], ...c.outputSize, c.maps[0]![3]];
  const dy = tf.tensor4d(hashed(c.seed, size(yShape)), yShape);
  const { outputSize, samplingRatio, aligned, scales: spatialScales } = c;
  const options: MultiLevelRoiAlignOptions = { outputSize, samplingRatio, aligned, spatialScales };
  return { rois, levels, maps, dy, options };
}

async function expectGolden(c: Case, results: readonly Tensor[]): Promise<void> {
  const [y, ...grads] = await Promise.all(results.map((tensor) => tensor.data()));
  tf.dispose([...results]);
  const { forward, gradient } = manifest.tolerance;
  expect(maxAbsError(y!, fixture[`${c.name}/y`]!.data as Float32Array)).toBeLessThan(forward);
  expect(grads.length).toBe(c.maps.length);
  grads.forEach((grad, level) => {
    expect(maxAbsError(grad, fixture[`${c.name}/grad${level}`]!.data as Float32Array)).toBeLessThan(gradient);
  });
}

describeBackends('roiAlign equals torchvision', activate, () => {
  test.each(cases)('%s', async (_, c) => {
    const results = tf.tidy(() => {
      const { rois, levels, maps, dy, options } = inputsOf(c);
      const pool = (...features: Tensor[]) =>
        features.length === 1
          ? roiAlign(features[0] as Tensor4D, rois, { ...options, spatialScale: c.scales[0]! })
          : multiLevelRoiAlign(features as Tensor4D[], rois, levels, options);
      return [pool(...maps), ...tf.grads(pool)(maps, dy)];
    });
    await expectGolden(c, results);
  });
});

// What webgpu and webgl run is made of ordinary operators, so it can be tested on any backend.
describe('the composition of gathers and scatters', () => {
  const backends: readonly Backend[] = ['wasm', 'js'];
  describeBackends(
    'equals torchvision',
    activate,
    () => {
      test.each(cases)('%s', async (_, c) => {
        const results = tf.tidy(() => {
          const { rois, levels, maps, dy, options } = inputsOf(c);
          const attrs = {
            outputSize: c.outputSize,
            samplingRatio: c.samplingRatio,
            aligned: c.aligned,
            maps: maps.map((map, level) => ({ shape: map.shape, scale: options.spatialScales[level]! })),
          };
          const y = roiAlignGather(rois, levels, maps, attrs);
          return [y, ...maps.map((_, level) => roiAlignGradGather(dy, rois, levels, attrs, level))];
        });
        await expectGolden(c, results);
      });
    },
    backends,
  );
});
