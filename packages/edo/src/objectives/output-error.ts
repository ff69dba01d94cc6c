/**
 * O: the expected absolute error of the output, measured on data.
 *
 *     e_o(d) = E|Y_o - Y_o(d)|   over images and positions, borders as they are
 *
 * Exact for all d^2 dilations from one pass, by the operator `dilationErrors`, which multiplies as much as the super-convolution. Whole:
 * E|Y_o|.
 */
import { type DilationErrors, dilationErrors } from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { SearchLayer } from '../network/search-network';
import { checkSuperFilter } from './filter-values';

/**
 * Errors of one batch, without the layer's bias.
 *
 * @param x - float32 [N, H, W, C]: the layer's input.
 * @throws ShapeMismatchError for a filter of another K than the layer's dilations need.
 */
export function outputErrors(x: Tensor4D, layer: SearchLayer): DilationErrors {
  checkSuperFilter(layer);
  const { filter, maxDilation, stride: strides, groups } = layer;
  return dilationErrors(x, filter, { maxDilation, strides, groups });
}
