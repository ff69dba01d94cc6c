/**
 * First weights of a ResNet, as torchvision sets them: He et al., "Delving Deep into Rectifiers", arXiv 1502.01852, normal of variance
 * 2 / fan-out. The fan is that of the whole layer, also for an inception convolution, whose channels do as much as a plain one's.
 */
import { InvalidArgumentError } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import type { ResNetConfig } from '../config/resnet-config';
import { resnetShapes } from '../resnet/features';
import { normalValues, textSeed, uniformValues } from './random';

export interface InitOptions {
  /** Whole number; the same seed gives the same weights on every backend. */
  readonly seed: number;
}

/**
 * Random weights for a config. A layer's values depend on seed, name and shape alone, so a plain network and an inception network
 * of the same seed start from the same weights.
 *
 * @returns every weight that {@link resnetShapes} lists; the caller disposes them.
 * @throws {@link InvalidArgumentError}
 */
export function initResNet(config: ResNetConfig, { seed }: InitOptions): Record<string, tf.Tensor> {
  if (!Number.isSafeInteger(seed)) throw new InvalidArgumentError('initResNet', 'seed', seed, 'a whole number');
  const entries = Object.entries(resnetShapes(config));
  return Object.fromEntries(entries.map(([name, shape]) => [name, initWeight(name, shape, seed)]));
}

function initWeight(name: string, shape: readonly number[], seed: number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const own = textSeed(name, seed);
  if (shape.length === 4) {
    // Channels per group count once a pixel of the kernel, as PyTorch reckons a fan.
    const fanOut = shape[0]! * shape[1]! * shape[3]!;
    return tf.tensor(normalValues(own, size, Math.sqrt(2 / fanOut)), [...shape]);
  }
  if (shape.length === 2) return tf.tensor(uniformValues(own, size, 1 / Math.sqrt(shape[0]!)), [...shape]);
  // The classifier's only vector; all others belong to batch norms.
  if (name === 'fc.bias') return tf.zeros([...shape]);
  return /(?:weight|running_var)$/.test(name) ? tf.ones([...shape]) : tf.zeros([...shape]);
}
