/** The steps of a program, their checks, and what follows from them. */
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkPair } from '../../kernel/check';
import { checkActivation, checkBias, checkPadded } from '../../kernel/check-conv';
import { type ConvActivation, convOutputSize, type Pair, toPair } from '../../kernel/geometry';
import type { PackedConv2dFilter } from '../fused-conv2d';
import type { PackedInceptionFilter } from '../inception-conv2d';

/** A map of the program: 0 is the image, step i makes map i + 1. */
export type MapIndex = number;

interface Finish {
  /** float32 [O], added to every pixel; none. */
  readonly bias?: Tensor1D;
  /** Applied last; `linear`. */
  readonly activation?: ConvActivation;
}

/** One layer. Steps read maps that earlier ones made. */
export type ConvStep = {
  /** For errors; none. */
  readonly name?: string;
} & (
  | ({
      readonly kind: 'conv';
      readonly input: MapIndex;
      readonly filter: PackedConv2dFilter;
      /** Added before the activation. */
      readonly residual?: MapIndex;
    } & Finish)
  | ({
      readonly kind: 'inceptionConv';
      readonly input: MapIndex;
      readonly filter: PackedInceptionFilter;
      /** Step between outputs; 1. */
      readonly strides?: number | Pair;
    } & Finish)
  | {
      readonly kind: 'maxPool';
      readonly input: MapIndex;
      readonly size: number | Pair;
      readonly strides: number | Pair;
      readonly pad: number | Pair;
    }
  | {
      readonly kind: 'add';
      readonly input: MapIndex;
      readonly other: MapIndex;
      readonly activation?: ConvActivation;
    }
);

export type MapSize = readonly [height: number, width: number, channels: number];

const OP = 'convProgram';

/** Checks the steps before any map is known. */
export function checkSteps(steps: readonly ConvStep[], outputs: readonly MapIndex[], backend: string): void {
  if (!Array.isArray(steps) || steps.length === 0)
    throw new InvalidArgumentError(OP, 'steps', steps, 'at least one step');
  for (const [index, step] of steps.entries()) {
    const where = `steps[${index}]`;
    const reads = inputsOf(step);
    const wrong = reads.find((map) => !Number.isSafeInteger(map) || map < 0 || map > index);
    if (wrong !== undefined) {
      throw new InvalidArgumentError(OP, `${where}.input`, wrong, `a map made before, 0 to ${index}`);
    }
    if (step.kind === 'maxPool') {
      const size = checkPair(OP, `${where}.size`, step.size, 1);
      checkPair(OP, `${where}.strides`, step.strides, 1);
      const pad = checkPair(OP, `${where}.pad`, step.pad, 0);
      if (pad[0] >= size[0] || pad[1] >= size[1]) {
        throw new InvalidArgumentError(OP, `${where}.pad`, step.pad, 'less than the window');
      }
      continue;
    }
    checkActivation(OP, step.activation ?? 'linear');
    if (step.kind === 'add') continue;
    checkBias(OP, step.bias, step.filter.filterShape[3]);
    if (step.kind === 'inceptionConv') checkPair(OP, `${where}.strides`, step.strides ?? 1, 1);
    if (step.filter.backend !== backend) {
      const expected = `the current one, "${backend}"; pack the filter again`;
      throw new InvalidArgumentError(OP, `${where}.filter.backend`, step.filter.backend, expected);
    }
  }
  const distinct = new Set(outputs);
  const wrong = outputs.find((map) => !Number.isSafeInteger(map) || map < 1 || map > steps.length);
  if (outputs.length === 0 || wrong !== undefined || distinct.size !== outputs.length) {
    throw new InvalidArgumentError(OP, 'outputs', outputs, `distinct maps from 1 to ${steps.length}`);
  }
}

function inputsOf(step: ConvStep): MapIndex[] {
  if (step.kind === 'add') return [step.input, step.other];
  if (step.kind === 'conv' && step.residual !== undefined) return [step.input, step.residual];
  return [step.input];
}

/** Size of every map for an image. @throws {@link ShapeMismatchError} where a step cannot take what it reads. */
export function mapSizes(steps: readonly ConvStep[], image: MapSize): MapSize[] {
  const sizes: MapSize[] = [image];
  for (const [index, step] of steps.entries()) {
    const input = sizes[step.input]!;
    const size = outputSize(step, input, index);
    for (const map of inputsOf(step).slice(1)) {
      if (sizes[map]!.some((length, axis) => length !== size[axis])) {
        throw new ShapeMismatchError(OP, `map ${map} of steps[${index}]`, `[N, ${size.join(', ')}]`, [...sizes[map]!]);
      }
    }
    sizes.push(size);
  }
  return sizes;
}

function outputSize(step: ConvStep, input: MapSize, index: number): MapSize {
  if (step.kind === 'add') return input;
  if (step.kind === 'maxPool') {
    const geometry = { strides: toPair(step.strides), pad: toPair(step.pad), dilations: [1, 1], groups: 1 } as const;
    checkPadded(OP, input, geometry.pad);
    return fitting(convOutputSize([input[0], input[1]], toPair(step.size), geometry), input[2], input, index);
  }
  const [kernelHeight, kernelWidth, groupChannels, channels] = step.filter.filterShape;
  const expected = groupChannels * step.filter.groups;
  if (input[2] !== expected) {
    throw new ShapeMismatchError(OP, `map ${step.input} of steps[${index}]`, `[N, H, W, ${expected}]`, [...input]);
  }
  if (step.kind === 'inceptionConv') {
    const [strideHeight, strideWidth] = toPair(step.strides ?? 1);
    return [Math.ceil(input[0] / strideHeight), Math.ceil(input[1] / strideWidth), channels];
  }
  checkPadded(OP, input, step.filter.pad);
  const size = convOutputSize([input[0], input[1]], [kernelHeight, kernelWidth], step.filter);
  return fitting(size, channels, input, index);
}

function fitting([height, width]: Pair, channels: number, input: MapSize, index: number): MapSize {
  if (height >= 1 && width >= 1) return [height, width, channels];
  throw new ShapeMismatchError(OP, `the map that steps[${index}] reads`, 'at least the kernel', [...input]);
}

/** For each map the last step that reads it, -1 if none does; outputs are kept for good. */
export function lastUses(steps: readonly ConvStep[], outputs: readonly MapIndex[]): number[] {
  const last = new Array<number>(steps.length + 1).fill(-1);
  steps.forEach((step, index) => {
    for (const map of inputsOf(step)) last[map] = index;
  });
  for (const map of outputs) last[map] = Number.POSITIVE_INFINITY;
  return last;
}
