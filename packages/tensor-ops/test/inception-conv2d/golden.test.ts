import { readFileSync } from 'node:fs';
import { describeBackends, loadFixture, maxAbsError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  type InceptionAlgorithm,
  inceptionConv2d,
  inceptionConv2dPacked,
  packInceptionFilter,
} from '../../src/ops/inception-conv2d';
import { activate } from '../support/activate';
import { runConv } from '../support/run-conv';

interface Case {
  readonly name: string;
  readonly seed: number;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly stride: number;
  readonly groups: number;
  /** Largest magnitude of each whole result; only a part of the results is stored. */
  readonly scale: { readonly y: number; readonly dx: number; readonly dfilter: number };
}

const folder = new URL('./fixtures/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as {
  readonly tolerance: { readonly forward: number; readonly gradient: number };
  readonly cases: readonly Case[];
};
const fixture = loadFixture(new URL('inception-conv2d.safetensors', folder));
const SAMPLES = 64;

function sampled(values: Float32Array): Float32Array {
  const step = Math.max(1, Math.floor(values.length / SAMPLES));
  return Float32Array.from({ length: Math.ceil(values.length / step) }, (_, i) => values[i * step]!);
}

/** Product of each channel with a hashed vector, and the length of the longest sum, which scales its rounding error. */
function projected(values: Float32Array, channels: number, seed: number): Float64Array {
  const rows = values.length / channels;
  const weights = hashed(seed, rows);
  const sums = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) sums[i % channels]! += weights[Math.floor(i / channels)]! * values[i]!;
  return sums;
}

function compare(algorithm: InceptionAlgorithm, cases: readonly Case[]): void {
  test.each(cases.map((c) => [c.name, c] as const))('%s', async (name, c) => {
    const stored = (part: string) => fixture[`${name}/${part}`]!.data as Float32Array;
    const pairs = stored('dilations');
    const dilations = Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i]!, pairs[2 * i + 1]!] as const);
    const x = [c.batch, c.height, c.width, c.channels];
    const filter = [3, 3, c.channels / c.groups, c.outChannels];
    const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b);
    const out = [Math.floor((c.height - 1) / c.stride) + 1, Math.floor((c.width - 1) / c.stride) + 1];
    const got = await runConv(
      (x, f) => inceptionConv2d(x, f, { dilations, strides: c.stride, groups: c.groups, algorithm }),
      { shape: x, values: hashed(c.seed, size(x)) },
      { shape: filter, values: hashed(c.seed + 1, size(filter)) },
      hashed(c.seed + 2, c.batch * out[0]! * out[1]! * c.outChannels),
    );
    const { forward, gradient } = manifest.tolerance;
    const rows = (values: Float32Array) => Math.sqrt(values.length / c.outChannels);
    expect(got.shape).toEqual([c.batch, ...out, c.outChannels]);
    expect(maxAbsError(sampled(got.y), stored('y')) / c.scale.y).toBeLessThan(forward);
    const y = projected(got.y, c.outChannels, c.seed + 3);
    expect(maxAbsError(y, stored('y_projected')) / (c.scale.y * rows(got.y))).toBeLessThan(forward);
    const dx = stored('dx');
    expect(maxAbsError(dx.length === got.dx.length ? got.dx : sampled(got.dx), dx) / c.scale.dx).toBeLessThan(gradient);
    expect(maxAbsError(sampled(got.dfilter), stored('dfilter')) / c.scale.dfilter).toBeLessThan(gradient);
    const dfilter = projected(got.dfilter, c.outChannels, c.seed + 4);
    expect(maxAbsError(dfilter, stored('dfilter_projected')) / (c.scale.dfilter * 3)).toBeLessThan(gradient);
  });
}

// The deep networks' layers have the same widths over and over; the slow JavaScript backend takes every sixth.
describeBackends('official layer: inceptionConv2d', activate, (backend) =>
  compare('auto', backend === 'js' ? manifest.cases.filter((_, i) => i % 6 === 0) : manifest.cases),
);
describeBackends(
  'official layer: a packed filter',
  activate,
  () => {
    test.each(manifest.cases.map((c) => [c.name, c] as const))('%s', (name, c) => {
      const stored = (part: string) => fixture[`${name}/${part}`]!.data as Float32Array;
      const pairs = stored('dilations');
      const dilations = Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i]!, pairs[2 * i + 1]!] as const);
      const tensor = (seed: number, shape: [number, number, number, number]) =>
        tf.tensor4d(
          hashed(
            seed,
            shape.reduce((a, b) => a * b),
          ),
          shape,
        );
      const x = tensor(c.seed, [c.batch, c.height, c.width, c.channels]);
      const filter = tensor(c.seed + 1, [3, 3, c.channels / c.groups, c.outChannels]);
      const packed = packInceptionFilter(filter, { dilations, groups: c.groups });
      const result = inceptionConv2dPacked(x, packed, { strides: c.stride });
      const y = result.dataSync() as Float32Array;
      tf.dispose([x, filter, result]);
      packed.dispose();
      const { forward } = manifest.tolerance;
      expect(maxAbsError(sampled(y), stored('y')) / c.scale.y).toBeLessThan(forward);
      const rows = Math.sqrt(y.length / c.outChannels);
      const sums = projected(y, c.outChannels, c.seed + 3);
      expect(maxAbsError(sums, stored('y_projected')) / (c.scale.y * rows)).toBeLessThan(forward);
    });
  },
  ['native'],
);
describeBackends(
  'official layer: inceptionConv2d per pattern',
  activate,
  () => compare('per-pattern', manifest.cases),
  ['native'],
);
