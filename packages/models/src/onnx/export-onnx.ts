/** ResNets as ONNX models of ordinary operators, for every runtime that there is. */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { foldConv } from '../compile/compiled-conv';
import type { ResNetConfig } from '../config/resnet-config';
import { BATCH_NORM_EPSILON } from '../layers/batch-norm';
import { filterShape } from '../layers/conv-layer';
import { normWeights } from '../layers/norm-layer';
import { type ConvSpec, type HeadSpec, planConvs } from '../network/plan';
import { resolveResNet } from '../network/resolve';
import { FEATURES, type ResNetOutput, walkResNet } from '../network/walk';
import { resnetFeatures } from '../resnet/features';
import { checkOutputs } from '../resnet/resnet';
import { type StateDict, weight } from '../state-dict';
import { branchesOf, restoringOrder } from './branches';
import { OnnxGraph, type OnnxPort, type Value } from './graph';
import { writeModel } from './write-model';

export interface ExportOnnxOptions {
  /** Outputs of the model, by these names. The four features. */
  readonly returns?: readonly ResNetOutput[];
  /** `fold`: into the filters, as `compileForInference`; `keep`: as operators of their own. `fold`. */
  readonly batchNorm?: 'fold' | 'keep';
}

/** Numbers of a convolution, filters in ONNX's layout [O, C/G, K, K]. */
interface ConvNumbers {
  readonly filter: Float32Array;
  readonly bias?: Float32Array;
  readonly norm?: Readonly<Record<'weight' | 'bias' | 'mean' | 'variance', Float32Array>>;
}

const OP = 'exportOnnx';

/**
 * Writes a network as an ONNX model: operator set 17, batch size and map size free.
 *
 * Its input is `image`, float32 [N, 3, H, W], scaled as the weights want it; its outputs `c2` to `c5` [N, C, H/s, W/s] (rounded up) and
 * `logits` [N, classes]. Inception layers are one convolution for each dilation, joined, and put back into the order of the channels.
 *
 * @param weights - as for `resnet`; read, not changed.
 * @returns the file's bytes.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}
 * @example
 * ```ts
 * await writeFile('backbone.onnx', await exportOnnx(weights, config));
 * ```
 */
export async function exportOnnx(
  weights: Readonly<StateDict>,
  config: ResNetConfig,
  options: ExportOnnxOptions = {},
): Promise<Uint8Array> {
  const plan = resolveResNet(config);
  const returns = checkOutputs(OP, plan, options.returns ?? FEATURES);
  const keep = options.batchNorm === 'keep';
  const numbers = new Map<string, ConvNumbers>();
  for (const spec of planConvs(plan)) numbers.set(spec.name, await readConv(weights, spec, keep));
  const head = returns.has('logits') ? await readHead(weights, plan.head!) : undefined;

  const graph = new OnnxGraph();
  const image: Value = { name: 'image' };
  const results = walkResNet<Value>(plan, image, returns, {
    conv(x, spec, { relu, residual }) {
      let y = addConv(graph, x, spec, numbers.get(spec.name)!);
      if (residual !== undefined) y = graph.node('Add', `${spec.name}.add`, [y, residual]);
      return relu ? graph.node('Relu', `${spec.name}.relu`, [y]) : y;
    },
    maxPool: (x) =>
      graph.node('MaxPool', 'maxpool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
    classify(x, { name, inChannels, classes }) {
      const mean = graph.node('GlobalAveragePool', 'mean', [x]);
      const flat = graph.node('Flatten', 'flatten', [mean], { axis: 1 });
      const matrix = graph.constant(`${name}.weight`, [inChannels, classes], head!.matrix);
      return graph.node('Gemm', name, [flat, matrix, graph.constant(`${name}.bias`, [classes], head!.bias)]);
    },
  });
  const features = resnetFeatures(config);
  const outputs = Object.entries(results).map(([name, value]): OnnxPort => {
    value.name = name;
    if (name === 'logits') return { value, shape: ['batch', plan.head!.classes] };
    return {
      value,
      shape: ['batch', features[name as keyof typeof features].channels, `${name}_height`, `${name}_width`],
    };
  });
  const input: OnnxPort = { value: image, shape: ['batch', plan.stem.inChannels, 'height', 'width'] };
  return writeModel(graph, 'resnet', [input], outputs);
}

/** A convolution with its bias or batch norm. */
function addConv(graph: OnnxGraph, x: Value, spec: ConvSpec, numbers: ConvNumbers): Value {
  const { name, norm, outChannels, epsilon = BATCH_NORM_EPSILON } = spec;
  const y =
    spec.kind === 'inception' ? addInception(graph, x, spec, numbers) : addBranch(graph, name, x, spec, numbers);
  if (numbers.norm === undefined) return y;
  const vectors = (['weight', 'bias', 'mean', 'variance'] as const).map((part) =>
    graph.constant(`${norm}.${part}`, [outChannels], numbers.norm![part]),
  );
  return graph.node('BatchNormalization', norm!, [y, ...vectors], { epsilon: { float: epsilon } });
}

function addInception(graph: OnnxGraph, x: Value, spec: ConvSpec, numbers: ConvNumbers): Value {
  const { name, groups, inChannels, outChannels } = spec;
  const branches = branchesOf(spec);
  const perFilter = numbers.filter.length / outChannels;
  const perGroup = inChannels / groups;
  const parts = branches.map(({ dilation, channels, groups: members }, index) => {
    const branch = `${name}.branch${index}`;
    const filter = new Float32Array(channels.length * perFilter);
    channels.forEach((channel, place) => {
      filter.set(numbers.filter.subarray(channel * perFilter, (channel + 1) * perFilter), place * perFilter);
    });
    const bias = numbers.bias && Float32Array.from(channels, (channel) => numbers.bias![channel]!);
    const inputs = members.flatMap((group) => Array.from({ length: perGroup }, (_, i) => group * perGroup + i));
    const seen = members.length === groups ? x : graph.gather(`${branch}.inputs`, x, inputs, 1);
    const part = { ...spec, outChannels: channels.length, groups: members.length };
    return addBranch(graph, branch, seen, part, { filter, ...(bias && { bias }) }, dilation);
  });
  const joined = parts.length === 1 ? parts[0]! : graph.node('Concat', `${name}.concat`, parts, { axis: 1 });
  const order = restoringOrder(branches);
  return order === undefined ? joined : graph.gather(`${name}.order`, joined, order, 1);
}

function addBranch(
  graph: OnnxGraph,
  name: string,
  x: Value,
  { size, stride, groups, outChannels }: Pick<ConvSpec, 'size' | 'stride' | 'groups' | 'outChannels'>,
  { filter, bias }: ConvNumbers,
  dilation: readonly [number, number] = [1, 1],
): Value {
  const shape = [outChannels, filter.length / (outChannels * size * size), size, size];
  const inputs = [x, graph.constant(`${name}.weight`, shape, filter)];
  if (bias !== undefined) inputs.push(graph.constant(`${name}.bias`, [outChannels], bias));
  const pads = dilation.map((distance) => (distance * (size - 1)) / 2);
  return graph.node('Conv', name, inputs, {
    kernel_shape: [size, size],
    strides: [stride, stride],
    dilations: dilation,
    pads: [...pads, ...pads],
    group: groups,
  });
}

async function readConv(weights: Readonly<StateDict>, spec: ConvSpec, keepNorm: boolean): Promise<ConvNumbers> {
  if (keepNorm && spec.norm !== undefined) {
    const norm = normWeights(OP, weights, spec.norm, spec.outChannels);
    const filter = tf.tidy(() => toOnnx(weight(OP, weights, `${spec.name}.weight`, filterShape(spec))));
    return {
      filter: await take(filter),
      norm: {
        weight: await read(norm.weight),
        bias: await read(norm.bias),
        mean: await read(norm.mean),
        variance: await read(norm.variance),
      },
    };
  }
  const [filter, bias] = tf.tidy((): [Tensor4D, Tensor1D] => {
    const [folded, shift] = foldConv(OP, weights, spec);
    return [toOnnx(folded), shift];
  });
  return { filter: await take(filter), bias: await take(bias) };
}

async function readHead(weights: Readonly<StateDict>, { name, inChannels, classes }: HeadSpec) {
  return {
    matrix: await read(weight(OP, weights, `${name}.weight`, [inChannels, classes])),
    bias: await read(weight(OP, weights, `${name}.bias`, [classes])),
  };
}

const toOnnx = (filter: Tensor4D): Tensor4D => tf.transpose(filter, [3, 2, 0, 1]);
const read = async (tensor: tf.Tensor) => (await tensor.data()) as Float32Array;

async function take(tensor: tf.Tensor): Promise<Float32Array> {
  const data = await read(tensor);
  tensor.dispose();
  return data;
}
