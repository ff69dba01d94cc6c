/** Argument checks shared by the convolution-like operators; each throws one typed error that names operator and argument. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../errors';
import { checkResult, checkTensor, checkWhole, MOST_ELEMENTS, MOST_SIDE } from './check';
import { type ConvActivation, type ConvGeometry, convOutputSize, type Pair } from './geometry';

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
  checkWhole(op, 'groups', groups, 1);
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

/** Output [OH, OW] of a convolution or pooling; checks that the window fits the padded map and that both have a size that can be. */
export function checkOutput(
  op: string,
  x: Tensor4D,
  kernel: Pair,
  geometry: ConvGeometry,
  channels: number,
  window: string,
): Pair {
  const [batch, height, width, depth] = x.shape;
  checkPadded(op, [height, width, depth], geometry.pad);
  const out = convOutputSize([height, width], kernel, geometry);
  if (out[0] < 1 || out[1] < 1) {
    throw new ShapeMismatchError(op, 'x', `a padded map of at least the ${window} of ${kernel.join('x')}`, x.shape);
  }
  checkResult(op, [batch, ...out, channels]);
  return out;
}

/** Checks that the map with its padding could be a tensor: kernels compute places on it in 32 bits, TensorFlow's own included. */
export function checkPadded(op: string, map: readonly [number, number, number], pad: Pair, parameter = 'pad'): void {
  const sides = [map[0] + 2 * pad[0], map[1] + 2 * pad[1]] as const;
  if (Math.max(...sides) > MOST_SIDE || sides[0] * sides[1] * map[2] > MOST_ELEMENTS) {
    const expected = `so small that maps of ${map.join('x')} have at most ${MOST_ELEMENTS} elements with their padding`;
    throw new InvalidArgumentError(op, parameter, pad, expected);
  }
}
