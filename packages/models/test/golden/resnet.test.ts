/** Features, batch norm statistics and all gradients of whole networks beside torch's. */
import { describeBackends } from '@icconv/test-utils';
import { hashedTensor, initialWeights } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { isStatistic, type ResNetConfig, type ResNetOutput, resnet, resnetShapes } from '../../src/index';
import { activate } from '../support/activate';
import { goldenErrors, manifest, worst } from '../support/golden';

const OUTPUTS = ['c2', 'c3', 'c4', 'c5', 'logits'] as const satisfies readonly ResNetOutput[];
const last = (config: ResNetConfig) => (config.depth! >= 50 ? 'bn3' : 'bn2');

/** The loss that the script takes the gradients of: the mean of each output times a hashed tensor, summed. */
function loss(outputs: Readonly<Record<(typeof OUTPUTS)[number], tf.Tensor>>): tf.Scalar {
  const terms = OUTPUTS.map((name) => {
    const output = outputs[name];
    return tf.mean(tf.mul(output, hashedTensor(`loss/${name}`, output.shape))) as tf.Scalar;
  });
  return tf.addN(terms);
}

function evaluate(config: ResNetConfig): Record<string, tf.Tensor> {
  const weights = initialWeights(resnetShapes(config), { last: last(config) });
  const image = hashedTensor<tf.Rank.R4>('image', manifest.image);
  const { statistics, ...outputs } = resnet(weights, image, config, { returns: OUTPUTS });
  expect(statistics).toEqual({});
  tf.dispose([weights, image]);
  return Object.fromEntries(OUTPUTS.map((name) => [`eval/${name}`, outputs[name]]));
}

function train(config: ResNetConfig): Record<string, tf.Tensor> {
  return tf.tidy(() => {
    const weights = initialWeights(resnetShapes(config), { last: last(config), training: true });
    const names = Object.keys(weights).filter((name) => !isStatistic(name));
    const results: Record<string, tf.Tensor> = {};
    const forward = (image: tf.Tensor, ...values: tf.Tensor[]) => {
      const trained = { ...weights, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
      const outputs = resnet(trained, image as tf.Tensor4D, config, { training: true, returns: OUTPUTS });
      for (const name of OUTPUTS) results[`train/${name}`] = tf.keep(outputs[name]);
      for (const [name, value] of Object.entries(outputs.statistics)) results[`statistics/${name}`] = tf.keep(value);
      return loss(outputs);
    };
    const inputs = [hashedTensor('image', manifest.image), ...names.map((name) => weights[name]!)];
    const [image, ...gradients] = tf.grads(forward)(inputs);
    results['gradient/image'] = image!;
    for (const [i, name] of names.entries()) results[`gradient/${name}`] = gradients[i]!;
    return results;
  });
}

describeBackends(
  'torch: resnet',
  activate,
  () => {
    test.each(manifest.models)('$name', async ({ name, config }) => {
      const results = { ...evaluate(config), ...train(config) };
      const errors = await goldenErrors(name, results);
      tf.dispose(results);
      const { features, statistics, gradient } = manifest.tolerance;
      const found = {
        eval: worst(errors, 'eval/'),
        train: worst(errors, 'train/'),
        statistics: worst(errors, 'statistics/'),
        gradient: worst(errors, 'gradient/'),
      };
      if (process.env.ICCONV_SHOW) console.log(name, found);
      expect(found.eval.error, found.eval.name).toBeLessThan(features);
      expect(found.train.error, found.train.name).toBeLessThan(features);
      expect(found.statistics.error, found.statistics.name).toBeLessThan(statistics);
      expect(found.gradient.error, found.gradient.name).toBeLessThan(gradient);
    });
  },
  ['native'],
);
