import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashedTensor } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compileForInference, type ResNetConfig, resnet } from '../../src/index';
import { activate } from '../support/activate';
import { NETWORKS, weightsOf } from '../support/networks';

const EPSILON = 0.25;

/** Outputs with variances that make up for the epsilon: v + e = (v + e - 1e-5) + 1e-5. */
function madeUp(config: ResNetConfig, x: tf.Tensor4D): tf.Tensor {
  return tf.tidy(() => {
    const weights = Object.fromEntries(
      Object.entries(weightsOf(config)).map(([name, value]) => [
        name,
        name.endsWith('running_var') ? tf.add(value, EPSILON - 1e-5) : value,
      ]),
    );
    return resnet(weights, x, config, { returns: ['c5'] }).c5;
  });
}

describeBackends('batchNormEpsilon', activate, () => {
  test.each(['bottleneck', 'basic'] as const)('%s: every norm has it, compiled or not', (kind) => {
    tf.tidy(() => {
      const plain = NETWORKS[kind]!;
      const config = { ...plain, batchNormEpsilon: EPSILON };
      const x = hashedTensor<tf.Rank.R4>('image', [1, 33, 33, 3]);
      const weights = weightsOf(config);
      const compiled = compileForInference(weights, config);
      const expected = madeUp(plain, x).dataSync() as Float32Array;
      for (const { c5 } of [
        resnet(weights, x, config, { returns: ['c5'] }),
        compiled.forward(x, { returns: ['c5'] }),
      ]) {
        expect(maxRelativeError(c5.dataSync() as Float32Array, expected)).toBeLessThan(1e-4);
      }
      const usual = resnet(weights, x, plain, { returns: ['c5'] }).c5;
      expect(maxRelativeError(usual.dataSync() as Float32Array, expected)).toBeGreaterThan(1e-2);
      compiled.dispose();
    });
  });

  test('is a number from 0 to 1', () => {
    for (const epsilon of [-1e-5, 1, Number.NaN]) {
      const config = { ...NETWORKS.basic!, batchNormEpsilon: epsilon };
      expect(() => compileForInference({}, config)).toThrow(/batchNormEpsilon must be a number from 0 to 1/);
    }
  });
});
