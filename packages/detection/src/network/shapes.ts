/** Names and shapes of a detector's weights, and random ones to begin with. */
import {
  checkWeightBudget,
  fpnShapes,
  initFpn,
  initHead,
  initResNet,
  prefixed,
  resnetShapes,
  type StateDict,
  headShapes as shapesOfHead,
} from '@icconv/models';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { boxStages } from '../roi-heads/box-head';
import { maskHeads } from '../roi-heads/mask-head';
import { rpnHead } from '../rpn/rpn-head';
import { pyramidConfig } from './feature-pyramid';
import { BACKBONE_PREFIX, FPN_PREFIX } from './names';

type Shapes = Record<string, readonly number[]>;

/** All weights in forward order: what a checkpoint must hold. Filters [K, K, in, out], linear layers [in, out]. */
export function fasterRcnnShapes(config: FasterRcnnConfig): Readonly<Shapes> {
  return checkWeightBudget('fasterRcnnShapes', {
    ...prefixed(BACKBONE_PREFIX, resnetShapes(config.backbone)),
    ...prefixed(FPN_PREFIX, fpnShapes(pyramidConfig(config))),
    ...headShapes(config),
  });
}

/** Those of the heads. */
export function headShapes(config: FasterRcnnConfig): Readonly<Shapes> {
  return shapesOfHead(heads(config));
}

const heads = (config: FasterRcnnConfig) => [
  ...rpnHead(config),
  ...boxStages(config).flatMap(({ head }) => head),
  ...maskHeads(config).flat(),
];

/**
 * Random weights for a detector, as torchvision begins: the RPN's from a normal distribution of deviation 0.01, linear layers uniform
 * within 1 / sqrt(fan-in), biases 0. The caller disposes the tensors.
 *
 * @param options.seed - whole number; the same seed gives the same weights.
 * @param options.backbone - weights of a backbone to start from, by names without prefix; random ones when left out. They are cloned.
 */
export function initFasterRcnn(
  config: FasterRcnnConfig,
  options: { readonly seed: number; readonly backbone?: StateDict },
): Record<string, Tensor> {
  const { seed, backbone } = options;
  fasterRcnnShapes(config);
  const body = backbone ?? initResNet(config.backbone, { seed });
  return {
    ...prefixed(BACKBONE_PREFIX, backbone === undefined ? body : cloned(body)),
    ...prefixed(FPN_PREFIX, initFpn(pyramidConfig(config), { seed: seed + 1 })),
    ...initHead(heads(config), (weight) => seed + 2 + weight),
  };
}

function cloned(weights: StateDict): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, tensor.clone()]));
}
