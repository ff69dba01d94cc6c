/** A super-kernel's numbers, checked. */
import { ShapeMismatchError } from '@icconv/tensor-ops';
import { SearchError } from '../errors/search-error';
import { checkSuperKernel, type SuperKernel, superSize } from '../geometry/taps';
import type { SearchLayer } from '../network/search-network';

/** Filter [K, K, M, O] with M = C/G input channels a group, row by row. */
export interface FilterValues extends SuperKernel {
  readonly values: Float32Array | Float64Array;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
}

/** @throws {@link ShapeMismatchError} for a filter of another K than the layer's dilations need. */
export function checkSuperFilter(layer: SearchLayer): void {
  checkSuperKernel('search', layer);
  const side = superSize(layer);
  const [height, width] = layer.filter.shape;
  if (height !== side || width !== side) {
    const expected = `[${side}, ${side}, in/groups, out] for dilations up to ${layer.maxDilation}`;
    throw new ShapeMismatchError('search', `${layer.name}.weight`, expected, layer.filter.shape);
  }
}

/**
 * Reads a layer's filter from its tensor.
 *
 * @throws {@link ShapeMismatchError} for a filter of another K than `maxDilation` needs; {@link SearchError} for values that are no numbers.
 */
export function filterValues(layer: SearchLayer): FilterValues {
  const { name, filter, groups, maxDilation, kernelSize } = layer;
  checkSuperFilter(layer);
  const [, , inChannels, outChannels] = filter.shape;
  const values = filter.dataSync<'float32'>() as Float32Array;
  // A sum tells of a NaN anywhere without a test for each value.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  if (!Number.isFinite(sum)) {
    throw new SearchError(
      `${name}.weight holds values that are not finite: the super-network's training diverged, or the file is damaged`,
    );
  }
  return { values, inChannels, outChannels, groups, maxDilation, kernelSize };
}
