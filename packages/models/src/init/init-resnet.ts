/**
 * First weights of a ResNet, as torchvision sets them: He et al., "Delving Deep into Rectifiers", arXiv 1502.01852, normal of variance
 * 2 / fan-out. The fan is that of the whole layer, also for an inception convolution, whose channels do as much as a plain one's.
 */
import type { StateDict } from '@icconv/tensor-ops';
import type { ResNetConfig } from '../config/resnet-config';
import { resnetShapes } from '../resnet/features';
import { initWeights } from './init-weights';

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
export function initResNet(config: ResNetConfig, { seed }: InitOptions): StateDict {
  return initWeights('initResNet', resnetShapes(config), seed, 'normal');
}
