import { type Backend, describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import {
  type NaiveConv,
  naiveForward,
  naiveGradBias,
  naiveGradFilter,
  naiveGradInput,
} from '../../../test/support/naive-conv';
import { runConv } from '../../../test/support/run-conv';
import { type InceptionAlgorithm, inceptionConv2d } from '.';

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const convolutions = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  map: fc.oneof({ weight: 3, arbitrary: pair(1, 12) }, { weight: 1, arbitrary: pair(15, 37) }),
  kernel: fc.constantFrom(1, 3, 3, 3, 5, 7),
  strides: fc.oneof(fc.constant([1, 1] as const), fc.constant([2, 2] as const), pair(1, 3)),
  groups: fc.integer({ min: 1, max: 3 }),
  inputs: fc.integer({ min: 1, max: 5 }),
  outputs: fc.integer({ min: 1, max: 6 }),
  maxDilation: fc.constantFrom(1, 2, 4, 6, 9),
  perGroup: fc.boolean(),
  bias: fc.boolean(),
  relu: fc.boolean(),
  seed: fc.nat(1000),
});

function equalsDefinition(algorithm: InceptionAlgorithm, numRuns: number): void {
  test('equals its definition in float64, with all gradients', async () => {
    await fc.assert(
      fc.asyncProperty(convolutions, async (c) => {
        const { batch, map, kernel: k, strides, groups } = c;
        const channels = groups * c.inputs;
        const outChannels = groups * c.outputs;
        const random = hashed(c.seed + 4, 2 * outChannels).map((v) => 1 + Math.floor(((v + 1) / 2) * c.maxDilation));
        const entries = c.perGroup && groups > 1 ? groups : outChannels;
        const dilations = Array.from({ length: entries }, (_, i) => [random[2 * i]!, random[2 * i + 1]!] as const);
        const dilation = (channel: number) => dilations[Math.floor((channel * entries) / outChannels)]!;
        const half = (k - 1) / 2;
        const out = [Math.floor((map[0] - 1) / strides[0]) + 1, Math.floor((map[1] - 1) / strides[1]) + 1] as const;
        const x = { shape: [batch, ...map, channels], values: hashed(c.seed, batch * map[0] * map[1] * channels) };
        const filter = {
          shape: [k, k, c.inputs, outChannels],
          values: hashed(c.seed + 1, k * k * c.inputs * outChannels),
        };
        const dy = hashed(c.seed + 2, batch * out[0] * out[1] * outChannels);
        const bias = c.bias ? hashed(c.seed + 3, outChannels) : undefined;
        const got = await runConv(
          (x, filter, bias) =>
            inceptionConv2d(x, filter, {
              ...{ dilations, strides, groups, algorithm, activation: c.relu ? 'relu' : 'linear' },
              ...(bias === undefined ? {} : { bias }),
            }),
          x,
          filter,
          dy,
          bias,
        );
        const naive: NaiveConv = {
          ...{ batch, height: map[0], width: map[1], channels, outChannels, kernel: [k, k], strides, groups, out },
          pad: (channel) => [half * dilation(channel)[0], half * dilation(channel)[1]],
          dilations: dilation,
        };
        const linear = naiveForward(naive, x.values, filter.values).map((v, i) => v + (bias?.[i % outChannels] ?? 0));
        // A sum that float32 rounds to the other side of zero would switch the whole gradient of its pixel.
        fc.pre(!c.relu || linear.every((v) => v === 0 || Math.abs(v) > 1e-5));
        const inner = dy.map((v, i) => (c.relu && !(linear[i]! > 0) ? 0 : v));
        expect(got.shape).toEqual([batch, ...out, outChannels]);
        const expected = c.relu ? linear.map((v) => Math.max(0, v)) : linear;
        expect(maxRelativeError(got.y, expected)).toBeLessThan(1e-5);
        expect(maxRelativeError(got.dx, naiveGradInput(naive, inner, filter.values))).toBeLessThan(1e-4);
        expect(maxRelativeError(got.dfilter, naiveGradFilter(naive, x.values, inner))).toBeLessThan(1e-4);
        if (got.dbias) expect(maxRelativeError(got.dbias, naiveGradBias(naive, inner))).toBeLessThan(1e-4);
      }),
      { numRuns },
    );
  });
}

const RUNS: Record<Backend, number> = { native: 80, wasm: 40, js: 20 };
describeBackends('inceptionConv2d', activate, (backend) => equalsDefinition('auto', RUNS[backend]));
describeBackends('inceptionConv2d per pattern', activate, () => equalsDefinition('per-pattern', 40), ['native']);
