import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  allDilations,
  layerErrors,
  OBJECTIVES,
  type SearchLayer,
  type SearchNetwork,
  selectPattern,
  statisticsPass,
} from '../src/index';
import { activate } from './support/activate';
import { bruteForce, type Case, type Name, sideOf } from './support/brute-force';

const NAMES: readonly Name[] = ['expectation', 'signed-weights', 'weight-l1', 'output-error'];

const cases = fc
  .record({
    kernelSize: fc.constantFrom(3, 3, 5),
    maxDilation: fc.integer({ min: 1, max: 3 }),
    groups: fc.constantFrom(1, 1, 2),
    perGroup: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.constantFrom(1, 2),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    seed: fc.integer(),
  })
  .map(({ perGroup: [i, o], seed, ...rest }): Case => {
    const shape = { ...rest, inChannels: i * rest.groups, outChannels: o * rest.groups };
    let state = seed | 1;
    const draw = () => {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
      return ((state >>> 8) / 2 ** 23 - 1) as number;
    };
    const side = (shape.kernelSize - 1) * shape.maxDilation + 1;
    return {
      ...shape,
      filter: Float32Array.from({ length: side * side * i * shape.outChannels }, draw),
      x: Float32Array.from({ length: shape.height * shape.width * shape.inChannels }, draw),
    };
  });

function networkOf(c: Case): { network: SearchNetwork; x: tf.Tensor4D; layer: SearchLayer } {
  const side = sideOf(c);
  const filter = tf.tensor4d(c.filter, [side, side, c.inChannels / c.groups, c.outChannels]);
  const { kernelSize, maxDilation, groups, stride } = c;
  const layer = { name: 'layer', filter, kernelSize, maxDilation, groups, stride };
  const network: SearchNetwork = { layers: [layer], run: (x, observe) => void observe(layer, x) };
  return { network, layer, x: tf.tensor4d(c.x, [1, c.height, c.width, c.inChannels]) };
}

describeBackends(
  'objectives',
  activate,
  () => {
    for (const name of NAMES) {
      it(`${name} is its definition in float64, and so is what is selected`, async () => {
        await fc.assert(
          fc.asyncProperty(cases, async (c) => {
            const { network, layer, x } = networkOf(c);
            const statistics = await statisticsPass(network, [x], {
              inputMeans: true,
              outputErrors: name === 'output-error',
            });
            const table = layerErrors(layer, OBJECTIVES[name], statistics.get('layer'));
            const pattern = selectPattern([table]);
            layer.filter.dispose();
            const { units } = table;
            const share = c.outChannels / units;
            const exact = allDilations(c.maxDilation).map((dilation) => {
              const channels = bruteForce(c, dilation, name);
              return Float64Array.from({ length: units }, (_, unit) =>
                channels.subarray(unit * share, (unit + 1) * share).reduce((a, b) => a + b, 0),
              );
            });
            const flat = exact.flatMap((row) => [...row]);
            const scale = Math.max(1, ...flat);
            expect(maxRelativeError([...table.errors, scale], [...flat, scale])).toBeLessThan(3e-6);
            for (let unit = 0; unit < units; unit++) {
              const least = Math.min(...exact.map((row) => row[unit]!));
              const [dh, dw] = pattern.layers[0]!.dilations[unit]!;
              // Equal but for rounding is as good.
              expect(exact[(dh - 1) * c.maxDilation + dw - 1]![unit]!).toBeLessThanOrEqual(least + 3e-6 * scale);
            }
          }),
          { numRuns: 40 },
        );
      });
    }

    it('measures means over all images, whatever the batches', async () => {
      const c = fc.sample(cases, { numRuns: 1, seed: 3 })[0]!;
      const { network, layer, x } = networkOf(c);
      x.dispose();
      const image = (seed: number, n: number) =>
        tf.randomNormal<tf.Rank.R4>([n, 5, 6, c.inChannels], 0, 1, 'float32', seed);
      const one = [image(1, 1), image(2, 2)];
      const all = tf.concat(one) as tf.Tensor4D;
      const options = { inputMeans: true, outputErrors: true };
      const apart = (await statisticsPass(network, one, options)).get('layer')!;
      const together = (await statisticsPass(network, [all], options)).get('layer')!;
      layer.filter.dispose();
      expect(maxRelativeError(apart.inputMeans!, together.inputMeans!)).toBeLessThan(1e-5);
      expect(maxRelativeError(apart.outputErrors!.errors, together.outputErrors!.errors)).toBeLessThan(1e-5);
    });

    it('multiplies errors by the scale of the batch norm behind', async () => {
      const c = fc.sample(cases, { numRuns: 1, seed: 5 })[0]!;
      const { layer, x } = networkOf(c);
      const outputScale = Float64Array.from({ length: c.outChannels }, (_, i) => i + 2);
      const plain = layerErrors({ ...layer, groups: 1 }, OBJECTIVES['weight-l1']);
      const folded = layerErrors({ ...layer, groups: 1, outputScale }, OBJECTIVES['weight-l1']);
      tf.dispose([layer.filter, x]);
      const expected = plain.errors.map((error, i) => error * ((i % c.outChannels) + 2));
      expect(maxRelativeError(folded.errors, expected)).toBeLessThan(1e-12);
      expect(selectPattern([folded])).toEqual(selectPattern([plain]));
    });
  },
  ['native', 'js'],
);
