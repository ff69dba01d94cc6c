/** Levels and all gradients of feature pyramids beside torchvision's. */
import { describeBackends } from '@icconv/test-utils';
import { hashedTensor, initialWeights } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type FpnConfig, type FpnExtra, type FpnFeatures, fpn, fpnShapes } from '../../src/index';
import { activate } from '../support/activate';
import { type GoldenPyramid, goldenErrors, manifest, worst } from '../support/golden';

const configOf = ({ inChannels, channels, extra }: GoldenPyramid): FpnConfig => ({
  inChannels,
  channels,
  extra: (extra === 'pool' ? { kind: 'pool' } : { kind: 'conv', source: extra }) satisfies FpnExtra,
});

const inputs = ({ sizes, inChannels }: GoldenPyramid) =>
  sizes.map((size, i) => hashedTensor<tf.Rank.R4>(`fpn/c${i + 2}`, [2, ...size, inChannels[i]!]));

const byName = (features: readonly tf.Tensor[]) =>
  Object.fromEntries(features.map((feature, i) => [`c${i + 2}`, feature])) as FpnFeatures;

function run(pyramid: GoldenPyramid): Record<string, tf.Tensor> {
  return tf.tidy(() => {
    const config = configOf(pyramid);
    const weights = initialWeights(fpnShapes(config), { prefix: 'fpn/' });
    const names = Object.keys(weights);
    const features = inputs(pyramid);
    const results: Record<string, tf.Tensor> = {};
    const forward = (...values: tf.Tensor[]) => {
      const trained = Object.fromEntries(names.map((name, i) => [name, values[features.length + i]!]));
      const { levels } = fpn(trained, byName(values.slice(0, features.length)), config);
      const terms = Object.entries(levels).map(([name, level]) => {
        results[name] = tf.keep(level);
        return tf.mean(tf.mul(level, hashedTensor(`loss/${name}`, level.shape)));
      });
      return tf.addN(terms);
    };
    const gradients = tf.grads(forward)([...features, ...names.map((name) => weights[name]!)]);
    const inputNames = [...features.map((_, i) => `c${i + 2}`), ...names];
    for (const [i, name] of inputNames.entries()) results[`gradient/${name}`] = gradients[i]!;
    return results;
  });
}

describeBackends('torchvision: fpn', activate, () => {
  test.each(manifest.pyramids)('$name', async (pyramid) => {
    const results = run(pyramid);
    const errors = await goldenErrors(pyramid.name, results);
    tf.dispose(results);
    const [levels, gradient] = [worst(errors, 'p'), worst(errors, 'gradient/')];
    expect(levels.error, levels.name).toBeLessThan(manifest.tolerance.features);
    expect(gradient.error, gradient.name).toBeLessThan(manifest.tolerance.gradient);
  });
});
