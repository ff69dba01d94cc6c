/** Networks small enough for every backend, of every kind that there is. */
import { type DilationPattern, uniformPattern } from '@icconv/inception-conv';
import { initialWeights } from '@icconv/test-utils/values';
import type * as tf from '@tensorflow/tfjs-core';
import { type ResNetConfig, resnetShapes } from '../../src/index';

const small = { blocks: [1, 1, 1, 1], classes: 3 } as const;

/** Every channel of every layer another dilation than its neighbour. */
export function motley(channels: readonly number[]): DilationPattern {
  const layers = channels.map((count, layer) => ({
    dilations: Array.from({ length: count }, (_, c) => [1 + ((c + layer) % 3), 1 + ((c * 5) % 4)] as const),
  }));
  return { maxDilation: 4, layers };
}

export const NETWORKS: Readonly<Record<string, ResNetConfig>> = {
  basic: { block: 'basic', ...small },
  bottleneck: { block: 'bottleneck', ...small, groupWidth: 16 },
  caffe: { block: 'bottleneck', ...small, groupWidth: 16, stridePlacement: 'caffe' },
  'groups, inception by group': {
    block: 'bottleneck',
    ...small,
    groups: 4,
    groupWidth: 4,
    conv: { kind: 'inception', pattern: motley([4, 4, 4, 4]) },
  },
  'inception bottleneck': {
    block: 'bottleneck',
    ...small,
    groupWidth: 16,
    conv: { kind: 'inception', pattern: motley([16, 32, 64, 128]) },
  },
  'inception stem and both of basic blocks': {
    block: 'basic',
    ...small,
    conv: [
      { kind: 'inception', pattern: motley([64, 64, 64]), layers: ['conv1', 'layer1.*.conv*'] },
      {
        kind: 'inception',
        pattern: uniformPattern([128, 256, 512], [2, 1]),
        layers: ['layer2.*.conv2', 'layer3.*.conv2', 'layer4.*.conv2'],
      },
    ],
  },
  'super-kernel': { block: 'bottleneck', ...small, groupWidth: 16, conv: { kind: 'super', size: 5 } },
};

/** Weights whose batch norms all do something. */
export const weightsOf = (config: ResNetConfig): Record<string, tf.Tensor> => initialWeights(resnetShapes(config));
