import { initResNet, type ResNetConfig, resnetShapes } from '@icconv/models';
import { backboneSchema, backboneToJson } from '@icconv/models/schema';
import { describeBackends, maxAbsError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { plainConfig, resnetNetwork, SearchError, searchBackbone, searchDilations, superConfig } from '../src/index';
import { activate } from './support/activate';

const PREFIX = 'backbone.body.';
const PLAIN: ResNetConfig = { block: 'bottleneck', blocks: [1, 1, 1, 1], width: 8, stridePlacement: 'caffe' };

/** As a model's folder has it. */
const readAgain = (config: ResNetConfig): ResNetConfig =>
  backboneSchema.parse(JSON.parse(JSON.stringify(backboneToJson(config))));

/** A network around the backbone. */
function networkOf(config: ResNetConfig): Record<string, tf.Tensor> {
  const backbone = initResNet(config, { seed: 1 });
  const prefixed = Object.entries(backbone).map(([name, tensor]) => [PREFIX + name, tensor]);
  return {
    ...Object.fromEntries(prefixed),
    'rpn.head.weight': tf.fill([1, 1, 2, 2], 3),
    'layer1.0.conv2.weight': tf.ones([2]),
  };
}

describeBackends(
  'the backbone of a model',
  activate,
  () => {
    it.each([{ layers: undefined }, { layers: ['layer3.*.conv2', 'layer4.*.conv2'] }])(
      'is searched and cut from what its folder says, layers %j',
      async ({ layers }) => {
        const config = readAgain(superConfig(PLAIN, { maxDilation: 3, ...(layers && { layers }) }));
        expect(plainConfig(config)).toEqual(PLAIN);
        expect(superConfig(plainConfig(config), { maxDilation: 3, ...(layers && { layers }) })).toEqual(config);
        const weights = networkOf(config);
        const before = tf.memory().numTensors;
        const searched = await searchBackbone({ weights, config, prefix: PREFIX, constraints: { symmetric: true } });
        expect(tf.memory().numTensors - before).toBe(Object.keys(weights).length);
        const direct = await searchDilations(resnetNetwork(weights, config, { prefix: PREFIX }), { symmetric: true });
        expect(searched.pattern).toEqual(direct.pattern);
        expect(searched.result.error).toEqual(direct.error);
        // The config that is found is one that a folder can keep, and its weights are the network's.
        const kept = readAgain(searched.config);
        expect(kept.conv).toMatchObject({ kind: 'inception', pattern: { layers: searched.pattern.layers } });
        for (const [name, shape] of Object.entries(resnetShapes(kept))) {
          expect(searched.weights[PREFIX + name]!.shape, name).toEqual(shape);
        }
        const names = new Set(searched.pattern.layers.map(({ name }) => `${PREFIX}${name}.weight`));
        expect(Object.keys(searched.weights)).toEqual(Object.keys(weights));
        for (const [name, tensor] of Object.entries(weights)) {
          if (names.has(name)) expect(searched.weights[name]!.shape.slice(0, 2)).toEqual([3, 3]);
          else expect(maxAbsError(searched.weights[name]!.dataSync(), tensor.dataSync()), name).toBe(0);
        }
        tf.dispose([weights, searched.weights]);
      },
    );

    it('measures the kernels where a budget of time is given', async () => {
      const config = superConfig(PLAIN, { maxDilation: 2 });
      const weights = networkOf(config);
      const search = (latencyMs: number) =>
        searchBackbone({ weights, config, prefix: PREFIX, constraints: { latencyMs }, inputSize: [32, 32] });
      const { pattern, weights: cut } = await search(1e6);
      expect(pattern.layers).toHaveLength(4);
      const tensors = tf.memory().numTensors;
      await expect(search(1e-9)).rejects.toThrow(SearchError);
      expect(tf.memory().numTensors).toBe(tensors);
      tf.dispose([weights, cut]);
    });

    it('refuses a backbone without super-kernels', async () => {
      const weights = networkOf(PLAIN);
      await expect(searchBackbone({ weights, config: PLAIN, prefix: PREFIX })).rejects.toThrow('no layer to search');
      tf.dispose(weights);
    });
  },
  ['native', 'js'],
);
