/** Kernels of a program: one TensorFlow op on the native CPU, one function of TensorFlow on a GPU, step by step elsewhere. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { toPair } from '../../kernel/geometry';
import { attr, type NativeBackend, onCuda } from '../../kernel/native-backend';
import { registerOnAllBackends } from '../../kernel/registry';
import { fusedConv2d } from '../fused-conv2d';
import { inceptionConv2dPacked } from '../inception-conv2d';
import { maxPool2d } from '../max-pool2d';
import type { Network } from './networks';
import { type ConvStep, lastUses, type MapIndex } from './steps';

export const CONV_PROGRAM = 'ConvProgram';

/** What a program is, and its numbers for the native op; see native/ops/conv_program/README.md. */
export interface ProgramAttrs {
  readonly steps: readonly ConvStep[];
  readonly outputs: readonly MapIndex[];
  readonly parameters: readonly Tensor[];
  /** For a GPU. */
  readonly network: Network | undefined;
}

export function registerConvProgram(): void {
  registerOnAllBackends<{ x: Tensor4D; program: Tensor }, ProgramAttrs>(
    CONV_PROGRAM,
    ({ x, program }, attrs, { native }) => {
      if (native === undefined || x.shape[0] === 0) return stepByStep(x, attrs);
      if (attrs.network !== undefined) return attrs.network.run(native, x);
      return onCuda(native) ? stepByStep(x, attrs) : inOneCall(native, x, program, attrs);
    },
  );
}

function inOneCall(native: NativeBackend, x: Tensor4D, program: Tensor, { outputs, parameters }: ProgramAttrs) {
  const attrs = [attr.int('P', parameters.length), attr.int('K', outputs.length)];
  const inputs = [x, program, ...parameters];
  return native.executeMultipleOutputs('IcconvConvProgram', attrs, inputs, outputs.length) as Tensor[];
}

function stepByStep(x: Tensor4D, { steps, outputs }: ProgramAttrs): Tensor[] {
  const last = lastUses(steps, outputs);
  const maps: (Tensor4D | undefined)[] = [x];
  for (const [index, step] of steps.entries()) {
    maps.push(runStep(step, maps));
    // Maps in between are freed as soon as nothing reads them any more; the image is the caller's.
    last.forEach((use, map) => {
      if (map > 0 && use <= index && map <= index + 1) {
        maps[map]?.dispose();
        maps[map] = undefined;
      }
    });
  }
  return outputs.map((map) => maps[map]!);
}

function runStep(step: ConvStep, maps: readonly (Tensor4D | undefined)[]): Tensor4D {
  const x = maps[step.input]!;
  switch (step.kind) {
    case 'conv': {
      const { bias, residual, activation = 'linear' } = step;
      const more = { ...(bias && { bias }), ...(residual !== undefined && { residual: maps[residual]! }) };
      return fusedConv2d(x, step.filter, { ...more, activation });
    }
    case 'inceptionConv': {
      const { bias, strides = 1, activation = 'linear' } = step;
      return inceptionConv2dPacked(x, step.filter, { ...(bias && { bias }), strides, activation });
    }
    case 'maxPool':
      return maxPool2d(x, { size: toPair(step.size), strides: toPair(step.strides), pad: toPair(step.pad) });
    case 'add':
      return tf.tidy(() => {
        const sum = tf.add<Tensor4D>(x, maps[step.other]!);
        return step.activation === 'relu' ? tf.relu(sum) : sum;
      });
  }
}
