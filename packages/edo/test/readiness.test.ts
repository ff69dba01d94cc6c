import type { Dilation } from '@icconv/inception-conv';
import { initResNet, type ResNetConfig } from '@icconv/models';
import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  allDilations,
  baselinePattern,
  type ObjectiveName,
  patternError,
  resnetNetwork,
  type SearchNetwork,
  type SearchResult,
  searchDilations,
  superConfig,
  superLayers,
  superNetworkReadiness,
  widenWeights,
} from '../src/index';
import { activate } from './support/activate';

const NETWORKS: Record<string, ResNetConfig> = {
  'basic, 8 channels': { block: 'basic', blocks: [1, 1, 1, 1], width: 8 },
  'bottleneck, 16 channels': { block: 'bottleneck', blocks: [1, 1, 1, 1], width: 16 },
  'groups of 8': { block: 'bottleneck', blocks: [1, 1, 1, 1], width: 16, groups: 8, groupWidth: 8 },
};

function readiness(result: SearchResult, maxDilation: number) {
  const random = patternError(result.layers, baselinePattern('random', result.layers, { maxDilation }));
  return { warning: superNetworkReadiness(result, { random }), random };
}

/** A layer of nothing but dilated kernels. */
function plantedNetwork(): SearchNetwork {
  const all = allDilations(4);
  const filter = tf.buffer([9, 9, 4, 32]);
  for (let o = 0; o < 32; o++) {
    const [dh, dw] = all[o % 16]!;
    for (let m = 0; m < 4; m++)
      for (const [t, i] of [-1, 0, 1].entries())
        for (const j of [-1, 0, 1]) filter.set(Math.sin(1 + o + 5 * m + 3 * t + j), 4 + i * dh, 4 + j * dw, m, o);
  }
  const layer = {
    name: 'planted',
    filter: filter.toTensor() as tf.Tensor4D,
    kernelSize: 3,
    maxDilation: 4,
    stride: 1,
    groups: 1,
  };
  return { layers: [layer], run: () => {} };
}

/** Adds weights at the taps of a dilation for each unit, as strong as the noise that is there. */
function plant(weights: Record<string, tf.Tensor>, config: ResNetConfig, dilationOf: (unit: number) => Dilation) {
  for (const { name, maxDilation, outChannels, groups } of superLayers(config)) {
    const old = weights[`${name}.weight`] as tf.Tensor4D;
    const side = old.shape[0];
    const mask = tf.buffer([side, side, 1, outChannels]);
    for (let o = 0; o < outChannels; o++) {
      const [dh, dw] = dilationOf(groups > 1 ? Math.floor((o * groups) / outChannels) : o);
      for (const i of [-1, 0, 1])
        for (const j of [-1, 0, 1]) mask.set(1, maxDilation + i * dh, maxDilation + j * dw, 0, o);
    }
    weights[`${name}.weight`] = tf.tidy(() => {
      const noise = tf.sqrt(tf.moments(old).variance);
      const planted = tf.mul(tf.randomNormal(old.shape, 0, 1, 'float32', 7), noise);
      return tf.add(old, tf.mul(planted, mask.toTensor()));
    });
    old.dispose();
  }
}

describeBackends(
  'readiness of super-networks',
  activate,
  () => {
    for (const [name, plain] of Object.entries(NETWORKS)) {
      for (const maxDilation of [2, 4]) {
        it(`${name}, d = ${maxDilation}: warns of random weights, and of none with dilations in them`, async () => {
          const config = superConfig(plain, { maxDilation });
          for (const seed of [1, 2, 3]) {
            const weights = initResNet(config, { seed });
            const result = await searchDilations(resnetNetwork(weights, config));
            const { warning, random } = readiness(result, maxDilation);
            expect(warning).toMatch(
              /^these weights can't tell patterns apart: 0\.\d{3} of the super-network lost against/,
            );
            expect(warning).toContain(`${result.error.mean.toFixed(3)} of`);
            expect(warning).toContain(`${random.mean.toFixed(3)} for random`);
            const all = allDilations(maxDilation);
            plant(weights, config, (unit) => all[unit % all.length]!);
            const found = await searchDilations(resnetNetwork(weights, config));
            expect(readiness(found, maxDilation).warning, `seed ${seed}`).toBeUndefined();
            tf.dispose(weights);
          }
        });
      }
    }

    it('is silent where all units want the same: kernels widened from plain ones, new taps nearly as strong', async () => {
      const plain = NETWORKS['bottleneck, 16 channels']!;
      const config = superConfig(plain, { maxDilation: 4 });
      const trained = initResNet(plain, { seed: 1 });
      const weights = widenWeights(trained, config, { newTaps: { scale: 0.8 } });
      expect(readiness(await searchDilations(resnetNetwork(weights, config)), 4).warning).toBeUndefined();
      tf.dispose([trained, weights]);
    });

    it('judges signed objectives too, and has nothing to say of one dilation', async () => {
      const config = superConfig(NETWORKS['bottleneck, 16 channels']!, { maxDilation: 4 });
      const weights = initResNet(config, { seed: 1 });
      for (const objective of ['signed-weights', 'expectation'] satisfies ObjectiveName[]) {
        const result = await searchDilations(resnetNetwork(weights, config), { objective });
        expect(readiness(result, 4).warning, objective).toContain('tell patterns apart');
      }
      const signed = plantedNetwork();
      const planted = await searchDilations(signed, { objective: 'signed-weights' });
      expect(readiness(planted, 4).warning).toBeUndefined();
      const single = superConfig(NETWORKS['basic, 8 channels']!, { maxDilation: 1 });
      const only = initResNet(single, { seed: 1 });
      expect(readiness(await searchDilations(resnetNetwork(only, single)), 1).warning).toBeUndefined();
      tf.dispose([weights, only, signed.layers.map(({ filter }) => filter)]);
    });
  },
  ['native', 'js'],
);
