/** Argument checks shared by the convolution-like operators; each throws one typed error that names operator and argument. */
import { type Tensor, Tensor as TensorClass } from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { type ConvActivation, type Pair, toPair } from './geometry';

/** Checks rank, dtype and that every length is a whole number, positive but for a batch or map axis listed in `mayBeEmpty`. */
export function checkTensor(
  op: string,
  parameter: string,
  tensor: Tensor,
  layout: string,
  rank: number,
  mayBeEmpty: readonly number[] = [],
): void {
  if (!(tensor instanceof TensorClass)) {
    throw new InvalidArgumentError(op, parameter, tensor, `a float32 tensor ${layout}`);
  }
  const { shape, dtype } = tensor;
  if (dtype !== 'float32') throw new InvalidArgumentError(op, `${parameter}.dtype`, dtype, 'float32');
  const whole = shape.every(
    (length, axis) => Number.isInteger(length) && length >= (mayBeEmpty.includes(axis) ? 0 : 1),
  );
  if (shape.length !== rank || !whole) {
    throw new ShapeMismatchError(op, parameter, `${layout} with positive whole lengths`, shape);
  }
}

/** A number or pair of whole numbers of at least `least`, as a pair. */
export function checkPair(op: string, parameter: string, value: number | Pair, least: number): Pair {
  const pair = toPair(value);
  const valid = Array.isArray(pair) && pair.length === 2 && pair.every((v) => Number.isSafeInteger(v) && v >= least);
  if (!valid) {
    const kind = least > 0 ? 'positive whole number' : 'whole number of at least 0';
    throw new InvalidArgumentError(op, parameter, value, `a ${kind} or a pair [height, width] of them`);
  }
  return pair;
}

export function checkActivation(op: string, activation: ConvActivation): ConvActivation {
  if (activation !== 'linear' && activation !== 'relu') {
    throw new InvalidArgumentError(op, 'activation', activation, '"linear" or "relu"');
  }
  return activation;
}

export function checkBias(op: string, bias: Tensor | undefined, channels: number): void {
  if (bias === undefined) return;
  checkTensor(op, 'bias', bias, '[O]', 1);
  if (bias.shape[0] !== channels) throw new ShapeMismatchError(op, 'bias', `[${channels}]`, bias.shape);
}

/** Checks that groups divide input and output channels and that the filter's input channels are those of one group. */
export function checkGroups(op: string, groups: number, channels: number, filterShape: readonly number[]): void {
  if (!Number.isSafeInteger(groups) || groups < 1) {
    throw new InvalidArgumentError(op, 'groups', groups, 'a positive whole number');
  }
  const [kernelHeight, kernelWidth, groupChannels, outChannels] = filterShape as [number, number, number, number];
  if (channels % groups !== 0 || outChannels % groups !== 0) {
    throw new InvalidArgumentError(
      op,
      'groups',
      groups,
      `a divisor of ${channels} input and ${outChannels} output channels`,
    );
  }
  if (groupChannels !== channels / groups) {
    const expected = `[${kernelHeight}, ${kernelWidth}, ${channels / groups}, ${outChannels}]`;
    const reason =
      groups === 1 ? `for x with ${channels} channels` : `for x with ${channels} channels in ${groups} groups`;
    throw new ShapeMismatchError(op, 'filter', `${expected} ${reason}`, filterShape);
  }
}
