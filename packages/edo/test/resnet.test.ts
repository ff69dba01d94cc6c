import { formatPatternCounts, parsePatternCounts, uniformPattern } from '@icconv/inception-conv';
import {
  type ConvChoice,
  inceptionLayers,
  initResNet,
  type ResNetConfig,
  resnet,
  resnetConfig,
  resnextConfig,
} from '@icconv/models';
import { conv2d, inceptionConv2d } from '@icconv/tensor-ops';
import { describeBackends, maxAbsError, maxRelativeError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  baselinePattern,
  cropFilter,
  cropWeights,
  resnetNetwork,
  searchDilations,
  searchedConfig,
  sortChannels,
  statisticsPass,
  superConfig,
  superLayers,
  widenFilter,
  widenWeights,
} from '../src/index';
import { activate } from './support/activate';

const BASIC: ResNetConfig = { block: 'basic', blocks: [1, 1, 1, 1], width: 8 };
const BOTTLENECK: ResNetConfig = { block: 'bottleneck', blocks: [1, 2, 1, 1], width: 8 };
const GROUPED: ResNetConfig = { block: 'bottleneck', blocks: [1, 1, 1, 1], width: 16, groups: 4, groupWidth: 8 };
const CAFFE: ResNetConfig = { ...BOTTLENECK, stridePlacement: 'caffe' };
const NETWORKS = { basic: BASIC, bottleneck: BOTTLENECK, grouped: GROUPED, caffe: CAFFE };

/** Weights whose batch norms are not the identity. */
function weightsOf(config: ResNetConfig, seed = 1): Record<string, tf.Tensor> {
  const weights = { ...initResNet(config, { seed }) } as Record<string, tf.Tensor>;
  Object.entries(weights).forEach(([name, old], i) => {
    if (old.shape.length !== 1) return;
    const [low, high] = name.endsWith('var') || name.endsWith('weight') ? [0.5, 1.5] : [-0.3, 0.3];
    weights[name] = tf.randomUniform(old.shape, low, high, 'float32', seed + i);
    old.dispose();
  });
  return weights;
}

const image = () => tf.randomNormal<tf.Rank.R4>([2, 40, 48, 3], 0, 1, 'float32', 9);

const c5 = (weights: Record<string, tf.Tensor>, config: ResNetConfig) =>
  tf.tidy(() => resnet(weights, image(), config, { returns: ['c5'] }).c5.dataSync() as Float32Array);

describeBackends(
  'ResNets',
  activate,
  () => {
    for (const [name, plain] of Object.entries(NETWORKS)) {
      it(`${name}: widening with zeros, and cropping that at dilation 1, keep the function`, () => {
        const config = superConfig(plain, { maxDilation: 3 });
        const weights = weightsOf(plain);
        const wide = widenWeights(weights, config);
        const before = c5(weights, plain);
        expect(maxRelativeError(c5(wide, config), before)).toBeLessThan(1e-5);
        const layers = superLayers(config).map((l) => ({
          name: l.name,
          units: l.groups > 1 ? l.groups : l.outChannels,
        }));
        const cropped = cropWeights(wide, config, baselinePattern('ones', layers, { maxDilation: 3 }));
        for (const key of Object.keys(weights))
          expect(maxAbsError(cropped.weights[key]!.dataSync(), weights[key]!.dataSync()), key).toBe(0);
        expect(maxRelativeError(c5(cropped.weights, cropped.config), before)).toBeLessThan(1e-5);
        tf.dispose([weights, wide, cropped.weights]);
      });

      it(`${name}: the statistics pass sees what the network computes`, async () => {
        const config = superConfig(plain, { maxDilation: 2 });
        const weights = weightsOf(config);
        const network = resnetNetwork(weights, config);
        const names: string[] = [];
        const inputs = tf.tidy(() => {
          const kept: tf.Tensor4D[] = [];
          const x = image();
          network.run(x, (layer, input) => {
            names.push(layer.name);
            kept.push(tf.keep(input.clone()));
            return undefined;
          });
          return kept;
        });
        expect(names).toEqual(superLayers(config).map((layer) => layer.name));
        // From the features that the network itself gives, through the convolution in front of the searched one.
        for (const [stage, feature] of [
          [2, 'c2'],
          [3, 'c3'],
          [4, 'c4'],
        ] as const) {
          const block = `layer${stage}.0`;
          const [ours, exact] = tf.tidy(() => {
            const x = resnet(weights, image(), config, { returns: [feature] })[feature];
            const filter = weights[`${block}.conv1.weight`] as tf.Tensor4D;
            const strides = plain.block === 'basic' || plain.stridePlacement === 'caffe' ? 2 : 1;
            const y = conv2d(x, filter, { strides, pad: (filter.shape[0] - 1) / 2 });
            const [mean, variance, beta, gamma] = ['running_mean', 'running_var', 'bias', 'weight'].map(
              (part) => weights[`${block}.bn1.${part}`] as tf.Tensor1D,
            );
            const z = tf.relu(tf.batchNorm(y, mean!, variance!, beta, gamma, 1e-5));
            return [inputs[names.indexOf(`${block}.conv2`)]!.dataSync(), z.dataSync()];
          });
          expect(maxRelativeError(ours!, exact!), block).toBeLessThan(1e-5);
        }
        // With every layer's output taken from the observer, all inputs stay the same.
        const statistics = await statisticsPass(network, [image()], { inputMeans: true, outputErrors: true });
        names.forEach((key, i) => {
          const mean = tf.tidy(() => tf.mean(inputs[i]!, [0, 1, 2]).dataSync());
          expect(maxRelativeError(statistics.get(key)!.inputMeans!, mean), key).toBeLessThan(1e-4);
        });
        tf.dispose([weights, inputs]);
      });
    }

    it('crops to exactly the super-kernel with the other taps at zero, in any channel order', () => {
      const filter = tf.randomNormal<tf.Rank.R4>([9, 9, 3, 4], 0, 1, 'float32', 2);
      const x = tf.randomNormal<tf.Rank.R4>([1, 11, 10, 3], 0, 1, 'float32', 3);
      const dilations = [
        [4, 1],
        [1, 1],
        [2, 3],
        [1, 1],
      ] as const;
      const small = cropFilter(filter, dilations, { maxDilation: 4, kernelSize: 3 });
      const mask = tf.buffer([9, 9, 3, 4]);
      dilations.forEach(([dh, dw], o) => {
        for (const i of [-1, 0, 1])
          for (const j of [-1, 0, 1]) for (let m = 0; m < 3; m++) mask.set(1, 4 + i * dh, 4 + j * dw, m, o);
      });
      for (const strides of [1, 2]) {
        const [ours, exact] = tf.tidy(() => [
          inceptionConv2d(x, small, { dilations, strides }).dataSync(),
          conv2d(x, tf.mul(filter, mask.toTensor()), { pad: 4, strides }).dataSync(),
        ]);
        expect(maxRelativeError(ours!, exact!)).toBeLessThan(1e-6);
      }
      tf.dispose([filter, x, small]);
    });

    it('gives new taps noise and leaves the old ones', () => {
      const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 8, 8], 0, 2, 'float32', 2);
      const wide = widenFilter(filter, { maxDilation: 3, kernelSize: 3 }, { scale: 0.1 });
      const [inside, outside] = tf.tidy(() => {
        const middle = tf.slice(wide, [2, 2, 0, 0], [3, 3, 8, 8]);
        const ring = tf.sub(tf.sum(tf.square(wide)), tf.sum(tf.square(middle)));
        return [tf.max(tf.abs(tf.sub(middle, filter))).dataSync()[0]!, Math.sqrt(ring.dataSync()[0]! / (40 * 64))];
      });
      expect(inside).toBe(0);
      expect(outside).toBeGreaterThan(0.17);
      expect(outside).toBeLessThan(0.23);
      tf.dispose([filter, wide]);
    });

    for (const [name, plain] of Object.entries({ bottleneck: BOTTLENECK, grouped: GROUPED })) {
      it(`${name}: sorted channels keep the function, and the pattern goes through the published format`, async () => {
        const config = superConfig(plain, { maxDilation: 3 });
        const weights = weightsOf(config);
        const { pattern } = await searchDilations(resnetNetwork(weights, config));
        const cropped = cropWeights(weights, config, pattern);
        expect(() => formatPatternCounts(pattern)).toThrow('stands behind a larger one');
        const sorted = sortChannels(cropped.weights, cropped.config);
        expect(maxRelativeError(c5(sorted.weights, sorted.config), c5(cropped.weights, cropped.config))).toBeLessThan(
          1e-5,
        );
        const again = parsePatternCounts(formatPatternCounts(sorted.pattern));
        expect(again.layers.map((l) => l.dilations)).toEqual(sorted.pattern.layers.map((l) => l.dilations));
        tf.dispose([weights, cropped.weights, sorted.weights]);
      });
    }

    it('says why the channels of a residual sum cannot be sorted', async () => {
      const config = superConfig(BASIC, { maxDilation: 2 });
      const weights = weightsOf(config);
      const { pattern } = await searchDilations(resnetNetwork(weights, config));
      const cropped = cropWeights(weights, config, pattern);
      expect(() => sortChannels(cropped.weights, cropped.config)).toThrow(
        'layer1.0.conv2: its output is summed with a shortcut',
      );
      tf.dispose([weights, cropped.weights]);
    });

    it('keeps the inception layers that stand beside the super-kernels, and knows maxDilation 1', () => {
      const beside: ConvChoice = {
        kind: 'inception',
        pattern: uniformPattern([8], [2, 1]),
        layers: ['layer1.0.conv2'],
      };
      const config: ResNetConfig = { ...BASIC, conv: [beside, { kind: 'super', size: 5, layers: ['layer3.0.conv2'] }] };
      expect(superLayers(config)).toMatchObject([
        {
          name: 'layer3.0.conv2',
          maxDilation: 2,
          block: { stage: 3 },
          previous: { norm: 'layer3.0.bn1' },
          outputStride: 16,
        },
      ]);
      const searched = searchedConfig(config, uniformPattern([32], [1, 2]));
      expect(inceptionLayers(searched).map(({ name }) => name)).toEqual(['layer1.0.conv2', 'layer3.0.conv2']);
      expect(superLayers(superConfig(BASIC, { maxDilation: 1 })).map(({ maxDilation }) => maxDilation)).toEqual([
        1, 1, 1, 1,
      ]);
    });

    it('refuses what cannot be searched', async () => {
      expect(() => superLayers(BASIC)).toThrow('no layer to search');
      expect(() => superConfig(BASIC, { maxDilation: 0 })).toThrow('maxDilation must be a whole number from 1');
      expect(() => superConfig(resnetConfig(50, { conv: { kind: 'super', size: 9 } }), { maxDilation: 4 })).toThrow(
        'already',
      );
      expect(() => superConfig(resnextConfig(50), { maxDilation: 4, layers: ['layer9.*'] })).toThrow();
      const config = superConfig(BASIC, { maxDilation: 2 });
      const weights = weightsOf(config);
      expect(() => resnetNetwork(weights, superConfig(BASIC, { maxDilation: 3 }))).toThrow(
        'weights["layer1.0.conv2.weight"] must have shape [7, 7, 8, 8] (K = 7), received [5, 5, 8, 8]',
      );
      expect(() => resnetNetwork({ ...weights, 'layer2.0.bn1.bias': undefined as never }, config)).toThrow(
        'layer2.0.bn1.bias',
      );
      const broken = tf.fill([5, 5, 8, 8], Number.NaN);
      const network = resnetNetwork({ ...weights, 'layer1.0.conv2.weight': broken }, config);
      await expect(searchDilations(network)).rejects.toThrow('layer1.0.conv2.weight holds values that are not finite');
      await expect(searchDilations(resnetNetwork(weights, config), { objective: 'output-error' })).rejects.toThrow(
        'give data',
      );
      await expect(searchDilations(resnetNetwork(weights, config), { objective: 'none' as never })).rejects.toThrow(
        'not known',
      );
      await expect(
        searchDilations(resnetNetwork(weights, config), { objective: 'output-error', data: [] }),
      ).rejects.toThrow('no data');
      tf.dispose([weights, broken]);
    });

    it('takes means by batch norm where there are no data', async () => {
      const config = superConfig(BOTTLENECK, { maxDilation: 2 });
      const weights = weightsOf(config);
      const network = resnetNetwork(weights, config);
      const { normMeans } = network.layers[0]!;
      // What the norm says: 200,000 draws of its normal distribution through ReLU.
      const drawn = tf.tidy(() => {
        const z = tf.randomNormal([200_000, 8], 0, 1, 'float32', 4);
        const y = tf.add(tf.mul(z, weights['layer1.0.bn1.weight']!), weights['layer1.0.bn1.bias']!);
        return tf.mean(tf.relu(y), 0).dataSync();
      });
      expect(maxAbsError(normMeans!, drawn)).toBeLessThan(0.01);
      expect((await searchDilations(network, { objective: 'expectation' })).pattern.layers).toHaveLength(5);
      const stem = superConfig({ ...BASIC }, { maxDilation: 2, layers: ['layer*.*.conv*'] });
      const more = weightsOf(stem);
      await expect(searchDilations(resnetNetwork(more, stem), { objective: 'expectation' })).rejects.toThrow(
        'no batch norm alone',
      );
      tf.dispose([weights, more]);
    });
  },
  ['native', 'js'],
);
