import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { batchNorm, sharingStatistics } from '.';

const CHANNELS = 3;
type Part = { readonly x: Float32Array; readonly dy: Float32Array; readonly residual: Float32Array };

/** Values and gradients of a batch. */
function run({ x, dy, residual }: Part, others?: Parameters<typeof sharingStatistics>[0]) {
  return tf.tidy(() => {
    const shape = [x.length / CHANNELS / 4, 2, 2, CHANNELS];
    const [weight, bias] = [tf.tensor1d([1, -2, 0.5]), tf.tensor1d([0.1, 0.2, -0.3])];
    const inputs = [tf.tensor(x, shape), weight, bias, tf.tensor(residual, shape)];
    return sharingStatistics(others, () => {
      let statistics: number[] = [];
      const { value, grads } = tf.valueAndGrads((...[a, w, b, r]: tf.Tensor[]) => {
        const norm = batchNorm(a!, w as tf.Tensor1D, b as tf.Tensor1D, { relu: true, residual: r! });
        statistics = [...norm.mean.dataSync(), ...norm.variance.dataSync(), norm.count];
        return norm.y;
      })(inputs, tf.tensor(dy, shape));
      const [dx, dWeight, dBias, dResidual] = grads.map((grad) => [...grad.dataSync()]);
      return { y: [...value.dataSync()], dx: dx!, dResidual: dResidual!, dWeight: dWeight!, dBias: dBias!, statistics };
    });
  });
}

/**
 * What workers with these parts compute. One after the other in one process: each repeats what it does until it has known all rows that the
 * others gave.
 */
function together(parts: readonly Part[]) {
  const rows: number[][][] = parts.map(() => []);
  let results: ReturnType<typeof run>[] = [];
  // One exchange forward, one back.
  for (let pass = 0; pass < 3; pass++) {
    results = parts.map((part, index) => {
      let at = 0;
      const gatherNow = (row: Tensor2D) => {
        rows[index]![at] = [...row.dataSync()];
        const known = rows.map((own) => own[at] ?? rows[index]![at]!);
        at++;
        return tf.tensor2d(known);
      };
      return run(part, { gatherNow });
    });
  }
  return results;
}

const partOf = (seed: number, images: number): Part => {
  const size = images * 4 * CHANNELS;
  // A mean that is large beside the deviation.
  const x = hashed(seed, size).map((value) => 100 + value);
  return { x, dy: hashed(seed + 1, size), residual: hashed(seed + 2, size) };
};

describeBackends('shared statistics', activate, () => {
  test.each([[[2, 2]], [[1, 3, 2]], [[2, 0]]])('workers with %j images are one with all', (images) => {
    const parts = images.map((count, i) => partOf(10 * i, count));
    const joined = (of: (part: Part) => Float32Array) => Float32Array.from(parts.flatMap((part) => [...of(part)]));
    const whole = run({
      x: joined(({ x }) => x),
      dy: joined(({ dy }) => dy),
      residual: joined(({ residual }) => residual),
    });
    const all = together(parts);
    for (const name of ['y', 'dx', 'dResidual'] as const)
      expect(
        maxRelativeError(
          all.flatMap((one) => one[name]),
          whole[name],
        ),
        name,
      ).toBeLessThan(1e-4);
    for (const name of ['dWeight', 'dBias'] as const) {
      const sums = whole[name].map((_, c) => all.reduce((sum, one) => sum + one[name][c]!, 0));
      expect(maxRelativeError(sums, whole[name]), name).toBeLessThan(1e-4);
    }
    for (const { statistics } of all) {
      expect(statistics).toEqual(all[0]!.statistics);
      expect(maxRelativeError(statistics, whole.statistics)).toBeLessThan(1e-5);
    }
  });
});
