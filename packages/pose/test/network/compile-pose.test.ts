import { describeBackends, expectFaultsNamed } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  type CompiledPose,
  compilePose,
  initPose,
  type PoseConfig,
  poseConfig,
  poseNetwork,
  poseShapes,
} from '../../src';
import { activate } from '../support/activate';

const tiny = { block: 'basic', blocks: [1, 1, 1, 1], width: 8 } as const;

function config(change: Partial<PoseConfig['head']> = {}): PoseConfig {
  const base = poseConfig({ backbone: tiny });
  const head = { deconvs: [4, 4, 4].map((kernel) => ({ channels: 12, kernel: kernel as 4 })), higher: [] };
  return { ...base, head: { ...base.head, ...head, ...change } };
}

/** Norms that do something, and outputs of a size that tolerances see. */
function randomWeights(of: PoseConfig): Record<string, tf.Tensor> {
  let seed = 7;
  return Object.fromEntries(
    Object.entries(poseShapes(of)).map(([name, shape]) => {
      const size = [...shape];
      const positive = /running_var$/.test(name) || (size.length === 1 && name.endsWith('.weight'));
      const fan = size.length > 1 ? size[0]! * size[1]! * Math.max(size[2]!, size[3]!) : 100;
      return [
        name,
        positive
          ? tf.randomUniform(size, 0.5, 1.5, 'float32', seed++)
          : tf.randomNormal(size, 0, Math.sqrt(2 / fan), 'float32', seed++),
      ];
    }),
  );
}

describeBackends('compilePose', activate, (backend) => {
  const heads: [string, PoseConfig][] = [
    ['kernels of 4', config()],
    [
      'kernels of 3 and 2, one tag map',
      config({
        deconvs: [
          { channels: 6, kernel: 3 },
          { channels: 5, kernel: 2 },
        ],
        tagPerKeypoint: false,
      }),
    ],
    ['a second output of twice the size', config({ higher: [{ channels: 6, kernel: 4 }] })],
  ];
  test.each(heads)('computes what the network on tensors does: %s', (_, of) => {
    const before = tf.memory().numTensors;
    const weights = randomWeights(of);
    const x = tf.randomNormal([backend === 'native' ? 2 : 1, 64, 96, 3], 0, 1, 'float32', 3) as tf.Tensor4D;
    const { outputs, statistics } = poseNetwork(weights, x, of);
    const compiled = compilePose(weights, of);
    const fast = compiled.forward(x);
    expect(fast.map(({ shape }) => shape)).toEqual(outputs.map(({ shape }) => shape));
    for (const [i, output] of outputs.entries()) {
      const scale = tf.tidy(() => tf.max(tf.abs(output)).dataSync()[0]!);
      const worst = tf.tidy(() => tf.max(tf.abs(tf.sub(output, fast[i]!))).dataSync()[0]!);
      expect(scale).toBeGreaterThan(0.01);
      expect(worst / scale).toBeLessThan(2e-5);
    }
    compiled.dispose();
    tf.dispose([outputs, fast, x, weights, statistics]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('outputs have the shapes that the strides say', () => {
    const of = config({ higher: [{ channels: 6, kernel: 4 }] });
    const weights = initPose(of, { seed: 1 });
    const x = tf.zeros([1, 64, 96, 3]) as tf.Tensor4D;
    const { outputs } = poseNetwork(weights, x, of);
    expect(outputs.map(({ shape }) => shape)).toEqual([
      [1, 16, 24, 34],
      [1, 32, 48, 17],
    ]);
    tf.dispose([outputs, x, weights]);
  });

  test("compiled inside somebody's tidy, it outlives it", () => {
    const of = config({ higher: [{ channels: 6, kernel: 4 }] });
    const weights = initPose(of, { seed: 1 });
    const x = tf.zeros([1, 32, 32, 3]) as tf.Tensor4D;
    let compiled: CompiledPose | undefined;
    tf.tidy(() => {
      compiled = compilePose(weights, of);
    });
    for (let turn = 0; turn < 2; turn++) tf.dispose(compiled!.forward(x));
    compiled!.dispose();
    compiled!.dispose();
    expect(() => compiled!.forward(x)).toThrow('has been disposed');
    tf.dispose([x, weights]);
  });

  // The portable backends look at shapes no differently.
  test.runIf(backend === 'native')('a missing weight and one of another shape are named', () => {
    const of = config({ higher: [{ channels: 6, kernel: 4 }] });
    const weights = initPose(of, { seed: 1 });
    const names = Object.keys(poseShapes(of)).filter((name) => name.startsWith('keypoint_head'));
    const x = tf.zeros([1, 32, 32, 3]) as tf.Tensor4D;
    expectFaultsNamed(weights, names, (own) => poseNetwork(own, x, of));
    expectFaultsNamed(weights, names, (own) => compilePose(own, of));
    tf.dispose([x, weights]);
  });
});
