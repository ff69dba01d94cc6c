/** Names and shapes of a detector's weights, and random ones to begin with. */
import { checkWeightBudget, fpnShapes, initFpn, initResNet, resnetShapes, type StateDict } from '@icconv/models';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { anchorsPerCell } from '../anchors/anchor-generator';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { boxHeadNames } from '../roi-heads/box-head';
import { pyramidConfig } from './feature-pyramid';
import { BACKBONE_PREFIX, FPN_PREFIX, rpnHeadNames } from './names';

type Shapes = Record<string, readonly number[]>;

/** All weights in forward order: what a checkpoint must hold. Filters [K, K, in, out], linear layers [in, out]. */
export function fasterRcnnShapes(config: FasterRcnnConfig): Readonly<Shapes> {
  return checkWeightBudget('fasterRcnnShapes', {
    ...prefixed(BACKBONE_PREFIX, resnetShapes(config.backbone)),
    ...prefixed(FPN_PREFIX, fpnShapes(pyramidConfig(config))),
    ...headShapes(config),
  });
}

/** Those of the two heads. */
export function headShapes(config: FasterRcnnConfig): Readonly<Shapes> {
  const { fpnChannels: channels, classes, roi } = config;
  const shapes: Shapes = {};
  const layer = (name: string, weight: readonly number[]) => {
    shapes[`${name}.weight`] = weight;
    shapes[`${name}.bias`] = [weight.at(-1)!];
  };
  const rpn = rpnHeadNames(config);
  const anchors = anchorsPerCell(config.rpn.anchors);
  for (const name of rpn.convs) layer(name, [3, 3, channels, channels]);
  layer(rpn.logits, [1, 1, channels, anchors]);
  layer(rpn.deltas, [1, 1, channels, 4 * anchors]);
  const head = boxHeadNames(roi);
  for (const name of head.convs) {
    shapes[`${name}.0.weight`] = [3, 3, channels, channels];
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) shapes[`${name}.1.${part}`] = [channels];
  }
  head.linears.forEach((name, i) => {
    layer(name, [i === 0 ? roi.outputSize ** 2 * channels : roi.hidden, roi.hidden]);
  });
  layer(head.logits, [roi.hidden, classes + 1]);
  layer(head.deltas, [roi.hidden, 4 * (classes + (roi.backgroundDeltas ? 1 : 0))]);
  return shapes;
}

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
  const weights: Record<string, Tensor> = {
    ...prefixed(BACKBONE_PREFIX, backbone === undefined ? body : cloned(body)),
    ...prefixed(FPN_PREFIX, initFpn(pyramidConfig(config), { seed: seed + 1 })),
  };
  let layerSeed = seed + 2;
  for (const [name, shape] of Object.entries(headShapes(config))) weights[name] = initial(name, shape, layerSeed++);
  return weights;
}

function initial(name: string, shape: readonly number[], seed: number): Tensor {
  const size = [...shape];
  if (name.endsWith('running_var') || (shape.length === 1 && name.endsWith('.weight'))) return tf.ones(size);
  if (shape.length === 1) return tf.zeros(size);
  if (name.startsWith('rpn.')) return tf.randomNormal(size, 0, 0.01, 'float32', seed);
  const fanIn = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  // Box head convolutions feed ReLUs: He et al. 2015. Linear layers: PyTorch's default.
  if (shape.length === 4) return tf.randomNormal(size, 0, Math.sqrt(2 / fanIn), 'float32', seed);
  return tf.randomUniform(size, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn), 'float32', seed);
}

function prefixed<T>(prefix: string, entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [prefix + name, value]));
}

function cloned(weights: StateDict): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, tensor.clone()]));
}
