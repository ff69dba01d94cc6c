/** A program as a function of TensorFlow, which one call runs on whatever device its tensors are: a node or two a step. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {
  type FunctionNode,
  type FunctionRegister,
  type FunctionValue,
  functionRegister,
  functionText,
  resultOf,
} from '../../kernel/functions';
import { type Pair, toPair } from '../../kernel/geometry';
import { hasGpuKernel } from '../../kernel/gpu-kernels';
import { kernelError } from '../../kernel/kernel-errors';
import { attr, type NativeBackend, type NativeOp, onCuda } from '../../kernel/native-backend';
import { packedOp } from '../conv-kernels/inception-native';
import { convAttrs } from '../conv-kernels/native-kernels';
import { CONV_FINISH, finishOp, fusedOp } from '../fused-conv2d/register-fused-conv2d';
import { maxPoolOp } from '../max-pool2d/register-max-pool2d';
import type { Network, NetworkOptions } from './networks';
import type { ConvStep } from './steps';

/** The function's arguments: the image, a tensor of no element for what a layer lacks, and the parameters. */
const IMAGE = 'x';
const NONE = 'none';

export interface NetworkFunctionOptions extends NetworkOptions {
  /** Whose kernels are to run: a GPU's, or this package's own of the CPU. */
  readonly onGpu: boolean;
}

/** One call of TensorFlow a run. */
export class NetworkFunction implements Network {
  readonly #name = `icconv_network_${++count}`;
  readonly #register: FunctionRegister;
  readonly #outputs: number;
  readonly #inputs: readonly Tensor[];
  readonly #none: Tensor;

  constructor(register: FunctionRegister, options: NetworkFunctionOptions) {
    const parameters = [...new Set(options.parameters)];
    register.addFunction(networkText(this.#name, { ...options, parameters }));
    this.#register = register;
    this.#outputs = options.outputs.length;
    this.#none = tf.keep(tf.tensor1d([], 'float32'));
    this.#inputs = [this.#none, ...parameters];
  }

  /** @throws {@link KernelError}, {@link OutOfMemoryError}, which name the layer. */
  run(native: NativeBackend, x: Tensor4D): Tensor[] {
    try {
      return native.executeMultipleOutputs(this.#name, [], [x, ...this.#inputs], this.#outputs) as Tensor[];
    } catch (error) {
      throw errorOfLayer(error as Error);
    }
  }

  dispose(): void {
    if (this.#none.isDisposed) return;
    this.#none.dispose();
    this.#register.removeFunction(this.#name);
  }
}

let count = 0;

/** TensorFlow names the function before what the op says, and the node behind it. */
function errorOfLayer(error: Error): unknown {
  const node = /\s*\[\[\{\{node s\d+\/([^}]*)\}\}\]\]/.exec(error.message);
  if (node === null) return error;
  const [place, layer] = node;
  const message = error.message.replace(place!, '').replace(/\{\{function_node [^}]*\}\} */, '');
  return kernelError(`convProgram, layer "${layer}"`, new Error(message, { cause: error }));
}

/** More than the side of a map; where TensorFlow's kernels multiply strides of up to 2^31, they run over. */
const LARGEST_STRIDE = 1 << 14;

/** The function for a GPU; undefined where none runs, or where it lacks what the function takes, and steps are to be run one by one. */
export function gpuNetwork(backend: object, options: NetworkOptions): NetworkFunction | undefined {
  const register = functionRegister();
  if (register === undefined || !onCuda(backend as NativeBackend)) return undefined;
  const kernels = [CONV_FINISH, 'IcconvInceptionConv2DPacked'].every(hasGpuKernel);
  const strides = options.steps.flatMap((step) => [...stridesOf(step)]);
  if (!kernels || strides.some((stride) => stride > LARGEST_STRIDE)) return undefined;
  return new NetworkFunction(register, { ...options, onGpu: true });
}

function stridesOf(step: ConvStep): Pair {
  if (step.kind === 'add') return [1, 1];
  return toPair((step.kind === 'conv' ? step.filter.strides : step.strides) ?? 1);
}

export function networkText(name: string, { steps, outputs, parameters, onGpu }: NetworkFunctionOptions): string {
  const nodes: FunctionNode[] = [];
  const maps: FunctionValue[] = [IMAGE];
  const node = (op: NativeOp, nodeName: string, inputs: readonly FunctionValue[], output = 'output') => {
    const made = { ...op, name: nodeName, inputs };
    nodes.push(made);
    return resultOf(made, output);
  };
  const names = parameters.map((_, i) => `p${i}`);
  const parameter = (tensor: Tensor | undefined) => (tensor === undefined ? NONE : names[parameters.indexOf(tensor)]!);
  for (const [index, step] of steps.entries()) {
    const layer = `s${index}/${(step.name ?? step.kind).replace(/[^\w.\-/]/g, '_')}`;
    const x = maps[step.input]!;
    maps.push(stepValue(step, layer, x));
  }
  return functionText({ name, args: [IMAGE, NONE, ...names], nodes, results: outputs.map((map) => maps[map]!) });

  function stepValue(step: ConvStep, layer: string, x: FunctionValue): FunctionValue {
    const activation = (step.kind !== 'maxPool' && step.activation) || 'linear';
    switch (step.kind) {
      case 'conv': {
        const { filter, bias, residual } = step;
        const after = [parameter(bias), residual === undefined ? NONE : maps[residual]!];
        const inputs = [x, parameter(filter.tensor)];
        if (!onGpu) return node(fusedOp({ ...filter, activation }), layer, [...inputs, ...after]);
        // TensorFlow refuses dilations that mean nothing.
        const [height, width] = filter.filterShape;
        const dilations: Pair = [height === 1 ? 1 : filter.dilations[0], width === 1 ? 1 : filter.dilations[1]];
        const conv = { op: 'Conv2D', attrs: convAttrs({ ...filter, dilations }) };
        const plain = bias === undefined && residual === undefined && activation === 'linear';
        if (plain) return node(conv, layer, inputs);
        return node(finishOp({ activation }), layer, [node(conv, `${layer}/sums`, inputs), ...after]);
      }
      case 'inceptionConv': {
        const { filter, bias, strides = 1 } = step;
        const { filterShape, dilations, groups, tensor } = filter;
        const geometry = { dilations, groups, strides: toPair(strides), kernelSize: filterShape[0], activation };
        return node(packedOp(geometry), layer, [x, parameter(tensor), parameter(bias)]);
      }
      case 'maxPool': {
        const settings = { size: toPair(step.size), strides: toPair(step.strides), pad: toPair(step.pad) };
        return node(maxPoolOp(settings, onGpu), layer, [x]);
      }
      case 'add': {
        const sum = { op: 'AddV2', attrs: [attr.float32()] };
        if (activation === 'linear') return node(sum, layer, [x, maps[step.other]!], 'z');
        const terms = node(sum, `${layer}/sum`, [x, maps[step.other]!], 'z');
        return node({ op: 'Relu', attrs: [attr.float32()] }, layer, [terms], 'activations');
      }
    }
  }
}
