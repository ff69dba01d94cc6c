import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { searchDilations } from '../src/index';
import { convLayers, modelNetwork, replaceByInception, widenModel } from '../src/layers/index';
import { activate } from './support/activate';

/** Two branches, a join, a 5x5, and layers that cannot be searched. */
function makeModel(): tfl.LayersModel {
  const input = tfl.input({ shape: [12, 12, 2] });
  const conv = (name: string, kernelSize: number, rest = {}) =>
    tfl.layers.conv2d({ name, filters: 4, kernelSize, padding: 'same', activation: 'relu', ...rest });
  const a = conv('a', 3).apply(input) as tfl.SymbolicTensor;
  const b = conv('b', 5, { useBias: false }).apply(input) as tfl.SymbolicTensor;
  const joined = tfl.layers.concatenate().apply([a, b]) as tfl.SymbolicTensor;
  const c = conv('c', 3, { activation: 'linear' }).apply(joined) as tfl.SymbolicTensor;
  const even = conv('even', 2).apply(c) as tfl.SymbolicTensor;
  const strided = conv('strided', 3, { strides: 2 }).apply(even) as tfl.SymbolicTensor;
  const out = tfl.layers.conv2d({ name: 'out', filters: 1, kernelSize: 1 }).apply(strided) as tfl.SymbolicTensor;
  return tfl.model({ inputs: input, outputs: out });
}

/** All layers that hold weights, and what they hold. */
const free = (...models: tfl.LayersModel[]) => {
  for (const model of models) model.dispose();
};

const image = (seed = 1) => tf.randomNormal<tf.Rank.R4>([2, 12, 12, 2], 0, 1, 'float32', seed);
const output = (model: tfl.LayersModel) => tf.tidy(() => (model.predict(image()) as tf.Tensor).dataSync());

describeBackends(
  'tf.layers models',
  activate,
  () => {
    it('widens, searches and replaces; dilation 1 keeps the function', async () => {
      const model = makeModel();
      const wide = await widenModel(model, { maxDilation: 2 });
      expect(wide.getLayer('b').getWeights()[0]!.shape).toEqual([9, 9, 2, 4]);
      expect(wide.getLayer('even').getWeights()[0]!.shape).toEqual([2, 2, 4, 4]);
      expect(maxRelativeError(output(wide), output(model))).toBeLessThan(1e-5);
      const network = modelNetwork(wide, { maxDilation: 2 });
      expect(network.layers.map(({ name, kernelSize }) => [name, kernelSize])).toEqual([
        ['a', 3],
        ['b', 5],
        ['c', 3],
      ]);
      for (const objective of ['weight-l1', 'output-error', 'expectation'] as const) {
        const { pattern, error } = await searchDilations(network, {
          objective,
          ...(objective !== 'weight-l1' && { data: [image(2)] }),
        });
        // New taps are zero: nothing is lost at dilation 1, whatever is measured.
        expect(error.mean).toBeLessThan(1e-6);
        if (objective !== 'weight-l1') continue;
        expect(pattern.layers.every(({ dilations }) => dilations.every(([h, w]) => h * w === 1))).toBe(true);
        const searched = await replaceByInception(wide, pattern);
        expect(searched.getLayer('a').getClassName()).toBe('InceptionConv2D');
        expect(maxRelativeError(output(searched), output(model))).toBeLessThan(1e-5);
        free(searched);
      }
      free(model, wide);
    });

    it('goes on with the weights of the dilations found, in a sequential model too', async () => {
      const model = tfl.sequential({
        layers: [
          tfl.layers.conv2d({ name: 'only', inputShape: [8, 8, 1], filters: 2, kernelSize: 3, padding: 'same' }),
          tfl.layers.flatten(),
          tfl.layers.dense({ units: 1 }),
        ],
      });
      const wide = await widenModel(model, { maxDilation: 3, layers: ['only'] });
      // Channel 0 reads 3 rows and 1 column off the centre, channel 1 the reverse.
      const kernel = tf.buffer([7, 7, 1, 2]);
      for (const i of [-1, 0, 1]) {
        for (const j of [-1, 0, 1]) {
          kernel.set(1 + i + 2 * j, 3 + 3 * i, 3 + j, 0, 0);
          kernel.set(2 + i - j, 3 + i, 3 + 3 * j, 0, 1);
        }
      }
      const [, bias] = wide.getLayer('only').getWeights();
      const planted = kernel.toTensor();
      wide.getLayer('only').setWeights([planted, bias!]);
      planted.dispose();
      const { pattern } = await searchDilations(modelNetwork(wide, { maxDilation: 3 }));
      expect(pattern.layers[0]!.dilations).toEqual([
        [3, 1],
        [1, 3],
      ]);
      const searched = await replaceByInception(wide, pattern);
      const x = tf.randomNormal([2, 8, 8, 1], 0, 1, 'float32', 4);
      const [ours, exact] = [searched, wide].map((m) => tf.tidy(() => (m.predict(x) as tf.Tensor).dataSync()));
      expect(maxRelativeError(ours!, exact!)).toBeLessThan(1e-5);
      x.dispose();
      free(model, wide, searched);
    });

    it('says of each layer why it cannot be searched', async () => {
      const model = makeModel();
      expect(Object.fromEntries(convLayers(model).map(({ name, fault }) => [name, fault]))).toEqual({
        a: undefined,
        b: undefined,
        c: undefined,
        even: 'its kernel 2x2 is even and has no centre',
        strided: 'its stride is 2x2',
        out: 'its kernel 1x1 has no dilation',
      });
      await expect(widenModel(model, { maxDilation: 0 })).rejects.toThrow('maxDilation must be a whole number from 1');
      await expect(widenModel(model, { maxDilation: 2, layers: ['even'] })).rejects.toThrow(
        'even: its kernel 2x2 is even',
      );
      await expect(widenModel(model, { maxDilation: 2, layers: ['none'] })).rejects.toThrow(
        'no Conv2D layer "none"; it has a, b',
      );
      await expect(widenModel(model, { maxDilation: 2, layers: () => false })).rejects.toThrow('no layer to search');
      expect(() => modelNetwork(model, { maxDilation: 4 })).toThrow(
        'no kernel is a super-kernel for dilations up to 4',
      );
      free(model);
    });
  },
  ['native', 'js'],
);
