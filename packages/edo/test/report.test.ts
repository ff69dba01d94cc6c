import { initResNet } from '@icconv/models';
import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { baselinePattern, patternError, resnetNetwork, searchDilations, superConfig } from '../src/index';
import { renderReport, stageShares } from '../src/report/index';
import { activate } from './support/activate';

describeBackends(
  'report',
  activate,
  () => {
    it('is one page that asks for nothing else and shows every layer', async () => {
      const config = superConfig({ block: 'basic', blocks: [1, 1, 1, 1], width: 8 }, { maxDilation: 2 });
      const weights = initResNet(config, { seed: 1 });
      const result = await searchDilations(resnetNetwork(weights, config));
      tf.dispose(weights);
      const units = result.layers.map(({ name, units }) => ({ name, units }));
      const ones = patternError(result.layers, baselinePattern('ones', units, { maxDilation: 2 }));
      const html = renderReport({
        title: 'a <b> & c',
        result,
        baselines: { ones },
        cost: [['parameters', '1', '2', '1']],
      });
      expect(html).toContain('a &#60;b&#62; &#38; c');
      for (const { name } of result.layers) expect(html.split(name).length).toBeGreaterThan(3);
      expect(html).not.toMatch(/<script|<link|<img|(?:href|src)="(?!#)/);
      expect(result.error.mean).toBeLessThan(ones.mean);
      for (const { shares } of stageShares(result, 0)) expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    });
  },
  ['native'],
);
