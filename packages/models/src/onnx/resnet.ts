import type { ResNetConfig } from '../config/resnet-config';
import { type HeadSpec, planConvs } from '../network/plan';
import { resolveResNet } from '../network/resolve';
import { type ResNetOutput, walkResNet } from '../network/walk';
import { type StateDict, weight } from '../state-dict';
import { type BatchNormChoice, type OnnxConv, onnxConv, read } from './conv';
import type { OnnxGraph, Value } from './graph';

/**
 * Adds a ResNet to a graph.
 *
 * @param op - name for errors. @param weights - as for `resnet`. @param x - [N, C, H, W], scaled as the weights want it.
 * @returns the outputs by name, [N, C, H/s, W/s] rounded up, and [N, classes].
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}
 */
export async function onnxResNet(
  graph: OnnxGraph,
  op: string,
  weights: Readonly<StateDict>,
  config: ResNetConfig,
  x: Value,
  returns: ReadonlySet<ResNetOutput>,
  batchNorm: BatchNormChoice = 'fold',
): Promise<Partial<Record<ResNetOutput, Value>>> {
  const plan = resolveResNet(config);
  const convs = new Map<string, OnnxConv>();
  for (const spec of planConvs(plan)) convs.set(spec.name, await onnxConv(graph, op, weights, spec, batchNorm));
  const classifier = returns.has('logits') ? await onnxClassifier(graph, op, weights, plan.head!) : undefined;
  return walkResNet<Value>(plan, x, returns, {
    conv: (y, { name }, after) => convs.get(name)!(y, after),
    maxPool: (y) =>
      graph.node('MaxPool', 'maxpool', [y], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
    classify: (y) => classifier!(y),
  });
}

async function onnxClassifier(
  graph: OnnxGraph,
  op: string,
  weights: Readonly<StateDict>,
  { name, inChannels, classes }: HeadSpec,
): Promise<(x: Value) => Value> {
  const matrix = await read(weight(op, weights, `${name}.weight`, [inChannels, classes]));
  const bias = await read(weight(op, weights, `${name}.bias`, [classes]));
  const constants = [
    graph.constant(`${name}.weight`, [inChannels, classes], matrix),
    graph.constant(`${name}.bias`, [classes], bias),
  ];
  return (x) => {
    const mean = graph.node('GlobalAveragePool', 'mean', [x]);
    return graph.node('Gemm', name, [graph.node('Flatten', 'flatten', [mean], { axis: 1 }), ...constants]);
  };
}
