/** The stack of layers whose receptive field is asked for, and the field's bounds from its sizes alone. */
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { Dilation } from '../pattern/dilation-pattern';

/** One convolution (or pooling) of a stack, padded to keep the map's centre. */
export interface StackLayer {
  /** Odd side of the filter. */
  readonly kernelSize: number;
  /** Step between outputs; 1. */
  readonly stride?: number;
  /** One for all channels, or one for each output channel; [1, 1]. */
  readonly dilations?: Dilation | readonly Dilation[];
}

/** Extent of a receptive field along one axis, in input pixels. */
export interface FieldExtent {
  /** Of the path that always takes the smallest dilation. */
  readonly smallest: number;
  /** Mean over paths, were every channel fed by every channel below alike. */
  readonly mean: number;
  /** Of the path that always takes the largest dilation: nothing outside can have an influence. */
  readonly largest: number;
}

export interface TheoreticalReceptiveField {
  readonly height: FieldExtent;
  readonly width: FieldExtent;
  /** Input pixels between neighbouring outputs. */
  readonly stride: number;
}

/** The layer's dilations as a list, one entry or one per output channel. */
export function dilationList({ dilations = [1, 1] }: StackLayer): readonly Dilation[] {
  return typeof dilations[0] === 'number' ? [dilations as Dilation] : (dilations as readonly Dilation[]);
}

/** @throws InvalidArgumentError that names the layer. */
export function checkStack(op: string, layers: readonly StackLayer[]): void {
  if (layers.length === 0) throw new InvalidArgumentError(op, 'layers', layers, 'a list of at least one layer');
  layers.forEach((layer, i) => {
    const { kernelSize, stride = 1 } = layer;
    if (!Number.isSafeInteger(kernelSize) || kernelSize < 1 || kernelSize % 2 === 0) {
      throw new InvalidArgumentError(op, `layers[${i}].kernelSize`, kernelSize, 'an odd positive whole number');
    }
    if (!Number.isSafeInteger(stride) || stride < 1) {
      throw new InvalidArgumentError(op, `layers[${i}].stride`, stride, 'a positive whole number');
    }
    const valid = dilationList(layer).every(
      (pair) => pair.length === 2 && pair.every((d) => Number.isSafeInteger(d) && d >= 1),
    );
    if (!valid || dilationList(layer).length === 0) {
      throw new InvalidArgumentError(op, `layers[${i}].dilations`, layer.dilations, 'pairs of positive whole numbers');
    }
  });
}

/**
 * Receptive field of a unit of the last layer, from kernel sizes, strides and dilations: 1 + sum over layers of (K - 1) * dilation *
 * (product of the strides below).
 *
 * @throws {@link InvalidArgumentError}
 */
export function theoreticalReceptiveField(layers: readonly StackLayer[]): TheoreticalReceptiveField {
  checkStack('theoreticalReceptiveField', layers);
  const extent = (axis: 0 | 1, pick: (values: readonly number[]) => number): number => {
    let size = 1;
    let jump = 1;
    for (const layer of layers) {
      size += (layer.kernelSize - 1) * pick(dilationList(layer).map((dilation) => dilation[axis])) * jump;
      jump *= layer.stride ?? 1;
    }
    return size;
  };
  const least = (values: readonly number[]) => Math.min(...values);
  const most = (values: readonly number[]) => Math.max(...values);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const along = (axis: 0 | 1): FieldExtent => ({
    smallest: extent(axis, least),
    mean: extent(axis, mean),
    largest: extent(axis, most),
  });
  return {
    height: along(0),
    width: along(1),
    stride: layers.reduce((product, layer) => product * (layer.stride ?? 1), 1),
  };
}
