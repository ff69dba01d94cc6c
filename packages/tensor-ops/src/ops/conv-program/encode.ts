/** A program as the numbers that the native op reads; see native/ops/conv_program/README.md. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { toPair } from '../../kernel/geometry';
import type { ConvStep, MapIndex } from './steps';

const KINDS = { conv: 1, inceptionConv: 2, maxPool: 3, add: 4 } as const;
const NONE = -1;

export interface EncodedProgram {
  readonly code: Int32Array;
  /** Filters and biases in the order of their numbers. */
  readonly parameters: readonly Tensor[];
}

export function encodeProgram(steps: readonly ConvStep[], outputs: readonly MapIndex[]): EncodedProgram {
  const parameters: Tensor[] = [];
  const parameter = (tensor: Tensor | undefined) => (tensor === undefined ? NONE : parameters.push(tensor) - 1);
  const code = [steps.length];
  for (const step of steps) {
    const relu = step.kind !== 'maxPool' && step.activation === 'relu' ? 1 : 0;
    const head = (other: number, filter?: Tensor, bias?: Tensor) =>
      code.push(KINDS[step.kind], step.input, other, parameter(filter), parameter(bias), relu);
    switch (step.kind) {
      case 'conv': {
        const { filterShape, tensor, strides, pad, dilations } = step.filter;
        head(step.residual ?? NONE, tensor, step.bias);
        code.push(filterShape[0], filterShape[1], ...strides, ...pad, ...dilations);
        break;
      }
      case 'inceptionConv': {
        const { filterShape, tensor, dilations, groups } = step.filter;
        const [kernel, , groupChannels, channels] = filterShape;
        head(NONE, tensor, step.bias);
        code.push(kernel, kernel, ...toPair(step.strides ?? 1), 0, 0, 1, 1);
        code.push(groupChannels * groups, groups, channels, ...dilations);
        break;
      }
      case 'maxPool':
        head(NONE);
        code.push(...toPair(step.size), ...toPair(step.strides), ...toPair(step.pad), 1, 1);
        break;
      case 'add':
        head(step.other);
        code.push(1, 1, 1, 1, 0, 0, 1, 1);
        break;
    }
  }
  code.push(outputs.length, ...outputs);
  return { code: Int32Array.from(code), parameters };
}
