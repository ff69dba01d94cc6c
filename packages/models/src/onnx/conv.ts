/** Convolutions as ONNX's: their numbers, read from tensors once, and the nodes that compute with them. */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { foldConv } from '../compile/compiled-conv';
import { BATCH_NORM_EPSILON } from '../layers/batch-norm';
import { filterShape } from '../layers/conv-layer';
import { normWeights } from '../layers/norm-layer';
import type { ConvSpec } from '../network/plan';
import type { AfterConv } from '../network/walk';
import { type StateDict, weight } from '../state-dict';
import { branchesOf, restoringOrder } from './branches';
import type { OnnxGraph, Value } from './graph';

/** `fold`: into the filters, as `compileForInference`; `keep`: as operators of their own. */
export type BatchNormChoice = 'fold' | 'keep';

/** Adds a convolution with what belongs to it to a graph. */
export type OnnxConv = (x: Value, after: AfterConv<Value>) => Value;

/** Numbers of a convolution, filters in ONNX's layout [O, C/G, K, K]. */
interface ConvNumbers {
  readonly filter: Float32Array;
  readonly bias?: Float32Array;
  readonly norm?: Readonly<Record<'weight' | 'bias' | 'mean' | 'variance', Float32Array>>;
}

/** An ordinary convolution whose constants are in the graph. */
type Branch = (x: Value) => Value;

/** Reads the numbers of a convolution, which are in the graph once for however many maps it then sees. */
export async function onnxConv(
  graph: OnnxGraph,
  op: string,
  weights: Readonly<StateDict>,
  spec: ConvSpec,
  batchNorm: BatchNormChoice = 'fold',
): Promise<OnnxConv> {
  const { name, norm, outChannels, epsilon = BATCH_NORM_EPSILON } = spec;
  const numbers = await readConv(op, weights, spec, batchNorm);
  // Constants come with the first map, so that what no output needs is not in the file.
  const nodes = once(() => ({
    convolve: spec.kind === 'inception' ? inception(graph, spec, numbers) : branch(graph, name, spec, numbers),
    vectors: NORM_INPUTS.flatMap((part) =>
      numbers.norm === undefined ? [] : [graph.constant(`${norm}.${part}`, [outChannels], numbers.norm[part])],
    ),
  }));
  return (x, { relu, residual }) => {
    const { convolve, vectors } = nodes();
    let y = convolve(x);
    if (numbers.norm) y = graph.node('BatchNormalization', norm!, [y, ...vectors], { epsilon: { float: epsilon } });
    if (residual !== undefined) y = graph.node('Add', `${name}.add`, [y, residual]);
    return relu ? graph.node('Relu', `${name}.relu`, [y]) : y;
  };
}

/** The same result for every call. */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** In the order in which the operator takes them. */
const NORM_INPUTS = ['weight', 'bias', 'mean', 'variance'] as const;

/** One convolution for each dilation, joined, and put back into the order of the channels. */
function inception(graph: OnnxGraph, spec: ConvSpec, numbers: ConvNumbers): Branch {
  const { name, groups, inChannels, outChannels } = spec;
  const branches = branchesOf(spec);
  const perFilter = numbers.filter.length / outChannels;
  const perGroup = inChannels / groups;
  const parts = branches.map(({ dilation, channels, groups: members }, index) => {
    const filter = new Float32Array(channels.length * perFilter);
    channels.forEach((channel, place) => {
      filter.set(numbers.filter.subarray(channel * perFilter, (channel + 1) * perFilter), place * perFilter);
    });
    const bias = numbers.bias && Float32Array.from(channels, (channel) => numbers.bias![channel]!);
    const inputs = members.flatMap((group) => Array.from({ length: perGroup }, (_, i) => group * perGroup + i));
    const own = { ...spec, outChannels: channels.length, groups: members.length };
    const convolve = branch(graph, `${name}.branch${index}`, own, { filter, ...(bias && { bias }) }, dilation);
    return (x: Value) =>
      convolve(members.length === groups ? x : graph.gather(`${name}.branch${index}.inputs`, x, inputs, 1));
  });
  const order = restoringOrder(branches);
  return (x) => {
    const results = parts.map((part) => part(x));
    const joined = results.length === 1 ? results[0]! : graph.node('Concat', `${name}.concat`, results, { axis: 1 });
    return order === undefined ? joined : graph.gather(`${name}.order`, joined, order, 1);
  };
}

function branch(
  graph: OnnxGraph,
  name: string,
  { size, stride, groups, outChannels }: Pick<ConvSpec, 'size' | 'stride' | 'groups' | 'outChannels'>,
  { filter, bias }: ConvNumbers,
  dilation: readonly [number, number] = [1, 1],
): Branch {
  const shape = [outChannels, filter.length / (outChannels * size * size), size, size];
  const constants = [graph.constant(`${name}.weight`, shape, filter)];
  if (bias !== undefined) constants.push(graph.constant(`${name}.bias`, [outChannels], bias));
  const pads = dilation.map((distance) => (distance * (size - 1)) / 2);
  return (x) =>
    graph.node('Conv', name, [x, ...constants], {
      kernel_shape: [size, size],
      strides: [stride, stride],
      dilations: dilation,
      pads: [...pads, ...pads],
      group: groups,
    });
}

async function readConv(
  op: string,
  weights: Readonly<StateDict>,
  spec: ConvSpec,
  batchNorm: BatchNormChoice,
): Promise<ConvNumbers> {
  if (batchNorm === 'keep' && spec.norm !== undefined) {
    const norm = normWeights(op, weights, spec.norm, spec.outChannels);
    const filter = tf.tidy(() => toOnnx(weight(op, weights, `${spec.name}.weight`, filterShape(spec))));
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
    const [folded, shift] = foldConv(op, weights, spec);
    return [toOnnx(folded), shift];
  });
  return { filter: await take(filter), bias: await take(bias) };
}

/** [K, K, A, B] to [B, A, K, K]. */
export const toOnnx = (filter: Tensor4D): Tensor4D => tf.transpose(filter, [3, 2, 0, 1]);

/** The numbers of a tensor that stays the caller's. */
export const read = async (tensor: Tensor) => (await tensor.data()) as Float32Array;

/** The numbers of a tensor that goes. */
export async function take(tensor: Tensor): Promise<Float32Array> {
  const data = await read(tensor);
  tensor.dispose();
  return data;
}
