import { uniformPattern } from '@icconv/inception-conv';
import { InvalidArgumentError, ShapeMismatchError } from '@icconv/tensor-ops';
import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashedTensor } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { initResNet, type ResNetConfig, resnet, resnetFeatures, resnetShapes } from '../../src/index';
import { activate } from '../support/activate';
import { motley, NETWORKS, weightsOf } from '../support/networks';

const SMALL: ResNetConfig = NETWORKS.bottleneck!;
const INNER = [16, 32, 64, 128] as const;
const image = () => hashedTensor<tf.Rank.R4>('image', [2, 37, 41, 3]);

async function difference(a: tf.Tensor, b: tf.Tensor): Promise<number> {
  return maxRelativeError((await a.data()) as Float32Array, (await b.data()) as Float32Array);
}

describeBackends('resnet', activate, () => {
  test.each(Object.entries(NETWORKS))('%s: shapes are as announced', (_, config) => {
    const [weights, x] = [weightsOf(config), image()];
    const outputs = resnet(weights, x, config, { returns: ['c2', 'c3', 'c4', 'c5', 'logits'] });
    for (const [name, { channels, stride }] of Object.entries(resnetFeatures(config))) {
      const size = [Math.ceil(37 / stride), Math.ceil(41 / stride)];
      expect(outputs[name as 'c2'].shape).toEqual([2, ...size, channels]);
    }
    expect(outputs.logits.shape).toEqual([2, 3]);
    tf.dispose([weights, x, outputs]);
  });

  test('a pattern of ones is the plain network', async () => {
    const config: ResNetConfig = { ...SMALL, conv: { kind: 'inception', pattern: uniformPattern(INNER) } };
    const [weights, x] = [weightsOf(SMALL), image()];
    const [plain, ones] = [resnet(weights, x, SMALL), resnet(weights, x, config)];
    expect(await difference(ones.c5, plain.c5)).toBeLessThan(1e-5);
    tf.dispose([weights, x, plain, ones]);
  });

  test('a super-kernel that holds the taps of a pattern is the inception network', async () => {
    const pattern = motley(INNER);
    const inception: ResNetConfig = { ...SMALL, conv: { kind: 'inception', pattern } };
    const superNet: ResNetConfig = { ...SMALL, conv: { kind: 'super', size: 9 } };
    const [weights, x] = [weightsOf(inception), image()];
    const spread = INNER.map((_, layer) => {
      const name = `layer${layer + 1}.0.conv2.weight`;
      return [name, spreadTaps(weights[name] as tf.Tensor4D, pattern.layers[layer]!.dilations, 9)] as const;
    });
    const superWeights = { ...weights, ...Object.fromEntries(spread) };
    const [small, large] = [resnet(weights, x, inception), resnet(superWeights, x, superNet)];
    for (const name of ['c2', 'c3', 'c4', 'c5'] as const) {
      expect(await difference(large[name], small[name]), name).toBeLessThan(1e-4);
    }
    tf.dispose([weights, superWeights, x, small, large]);
  });

  test('runs no farther than asked, and leaves nothing else', () => {
    const [weights, x] = [weightsOf(SMALL), image()];
    const { 'layer3.0.conv1.weight': unused, ...enough } = weights;
    const before = tf.memory().numTensors;
    const outputs = resnet(enough, x, SMALL, { returns: ['c3'] });
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(Object.keys(outputs)).toEqual(['c3', 'statistics']);
    tf.dispose([weights, unused!, x, outputs]);
  });

  test('trains the batch norms that the function names', () => {
    const [weights, x] = [weightsOf(SMALL), image()];
    const { statistics, ...outputs } = resnet(weights, x, SMALL, { training: (norm) => norm.startsWith('layer4') });
    const names = ['bn1', 'bn2', 'bn3', 'downsample.1'].flatMap((norm) =>
      ['mean', 'var'].map((part) => `layer4.0.${norm}.running_${part}`),
    );
    expect(Object.keys(statistics).sort()).toEqual(names.sort());
    tf.dispose([weights, x, outputs, statistics]);
  });

  test('a momentum of 1 takes the statistics of the batch as they are', async () => {
    const [weights, x] = [weightsOf(SMALL), image()];
    const { statistics, c2 } = resnet(weights, x, SMALL, { training: true, momentum: 1, returns: ['c2'] });
    const next = { ...weights, ...statistics };
    // With them as running statistics, evaluation gives what training gave, but for the n - 1 in the variance.
    const evaluated = resnet(next, x, SMALL, { returns: ['c2'] });
    expect(await difference(evaluated.c2, c2)).toBeLessThan(0.02);
    tf.dispose([weights, x, statistics, c2, evaluated]);
  });

  test('initial weights are the same for a plain and an inception network, and by seed', async () => {
    const inception = initResNet({ ...SMALL, conv: { kind: 'inception', pattern: motley(INNER) } }, { seed: 3 });
    const [plain, other] = [initResNet(SMALL, { seed: 3 }), initResNet(SMALL, { seed: 4 })];
    const name = 'layer4.0.conv2.weight';
    expect(Object.keys(plain)).toEqual(Object.keys(resnetShapes(SMALL)));
    expect(await difference(inception[name]!, plain[name]!)).toBe(0);
    expect(await difference(other[name]!, plain[name]!)).toBeGreaterThan(0.1);
    const deviation = (values: ArrayLike<number>) =>
      Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length);
    // The fan of the whole layer: 9 pixels of 128 channels.
    expect(deviation(await plain[name]!.data()) / Math.sqrt(2 / (9 * 128))).toBeCloseTo(1, 1);
    expect([...(await plain['layer1.0.bn2.weight']!.data())].every((value) => value === 1)).toBe(true);
    expect([...(await plain['layer1.0.bn2.running_mean']!.data())].every((value) => value === 0)).toBe(true);
    tf.dispose([inception, plain, other]);
  });
});

describe('resnet refuses', () => {
  const refused = async (
    make: (weights: Record<string, tf.Tensor>, x: tf.Tensor4D) => unknown,
    type: unknown,
    text: RegExp,
  ) => {
    await activate('js');
    const [weights, x] = [weightsOf(SMALL), image()];
    const before = tf.memory().numTensors;
    expect(() => make(weights, x)).toThrow(type as ErrorConstructor);
    expect(() => make(weights, x)).toThrow(text);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([weights, x]);
  };

  test('a missing weight', () =>
    refused(
      ({ 'layer1.0.bn3.running_var': _, ...weights }, x) => resnet(weights, x, SMALL),
      InvalidArgumentError,
      /resnet: weights\["layer1\.0\.bn3\.running_var"\] must be a float32 tensor \[256\], received undefined/,
    ));
  test('a weight of another shape', () =>
    refused(
      (weights, x) => resnet({ ...weights, 'conv1.weight': weights['bn1.bias']! }, x, SMALL),
      ShapeMismatchError,
      /weights\["conv1\.weight"\] must have shape \[7, 7, 3, 64\], received \[64\]/,
    ));
  test('an image of another kind', () =>
    refused(
      (weights) => tf.tidy(() => void resnet(weights, tf.ones([1, 3, 32, 32]), SMALL)),
      ShapeMismatchError,
      /x must have shape \[N, H, W, 3\], received \[1, 3, 32, 32\]/,
    ));
  test('logits of a network without a classifier', () =>
    refused(
      (weights, x) => resnet(weights, x, { ...SMALL, classes: undefined } as never, { returns: ['logits'] }),
      InvalidArgumentError,
      /returns must be names among c2, c3, c4, c5 \(logits need `classes` in the config\)/,
    ));
  test('no output', () =>
    refused((weights, x) => resnet(weights, x, SMALL, { returns: [] }), InvalidArgumentError, /returns must be names/));
  test('a momentum of 0', () =>
    refused(
      (weights, x) => resnet(weights, x, SMALL, { momentum: 0 }),
      InvalidArgumentError,
      /momentum must be in \(0, 1\]/,
    ));
});

/** A KxK filter with each channel's nine weights at its dilation. */
function spreadTaps(filter: tf.Tensor4D, dilations: readonly (readonly [number, number])[], size: number): tf.Tensor4D {
  const [, , inputs, outputs] = filter.shape;
  const small = filter.dataSync();
  const large = new Float32Array(size * size * inputs * outputs);
  const center = (size - 1) / 2;
  for (let u = 0; u < 3; u++) {
    for (let v = 0; v < 3; v++) {
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          const [dh, dw] = dilations[o]!;
          const [row, column] = [center + (u - 1) * dh, center + (v - 1) * dw];
          large[((row * size + column) * inputs + i) * outputs + o] = small[((u * 3 + v) * inputs + i) * outputs + o]!;
        }
      }
    }
  }
  return tf.tensor4d(large, [size, size, inputs, outputs]);
}
