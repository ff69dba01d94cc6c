/** What is asked of the GPU behind a convolution; the kernel itself is tested in native/ops/conv_finish. */
import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import type { NativeAttr } from '../../kernel/native-backend';
import { finishOnGpu } from './register-fused-conv2d';

describeBackends('finishOnGpu', activate, () => {
  let asked: { op: string; attrs: readonly NativeAttr[]; shapes: readonly (readonly number[])[] }[] = [];
  beforeEach(() => {
    asked = [];
  });
  const native = {
    executeSingleOutput(op: string, attrs: readonly NativeAttr[], inputs: readonly tf.TensorInfo[]) {
      asked.push({ op, attrs, shapes: inputs.map(({ shape }) => shape) });
      return inputs[0]!;
    },
  };

  test('is one op with all that follows, and none where nothing does', () => {
    tf.tidy(() => {
      const sums = tf.ones<tf.Rank.R4>([1, 2, 3, 5]);
      const nothing = { bias: undefined, residual: undefined };
      expect(finishOnGpu(native, sums, { ...nothing, activation: 'linear' })).toBe(sums);
      expect(asked).toEqual([]);
      finishOnGpu(native, sums, { bias: tf.ones([5]), residual: sums, activation: 'relu' });
      finishOnGpu(native, sums, { ...nothing, activation: 'relu' });
      expect(asked.map(({ op, shapes }) => ({ op, shapes }))).toEqual([
        { op: 'IcconvConvFinish', shapes: [[1, 2, 3, 5], [5], [1, 2, 3, 5]] },
        { op: 'IcconvConvFinish', shapes: [[1, 2, 3, 5], [0], [0]] },
      ]);
      expect(asked[0]!.attrs).toMatchObject([{ name: 'activation', value: 'relu' }]);
    });
  });
});
