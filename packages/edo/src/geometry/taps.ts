/**
 * Which taps of a super-kernel belong to a dilation.
 *
 * A k x k convolution (k odd, r = (k - 1)/2) of dilation (dh, dw) reads at offsets (i*dh, j*dw) with |i|, |j| <= r. All dilations up to d
 * lie in one kernel of side K = 2*r*d + 1, whose centre is the tap (r*d, r*d); for k = 3 that is K = 2*d + 1.
 */

import type { Dilation } from '@icconv/inception-conv';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { MAX_DILATION_SEARCH } from './limits';

/** How a super-kernel is made up. */
export interface SuperKernel {
  /** Largest dilation d on either axis. */
  readonly maxDilation: number;
  /** Side k of the convolution that is searched for, odd and above 1; 3 in the published networks. */
  readonly kernelSize: number;
}

/** @throws {@link InvalidArgumentError} */
export function checkSuperKernel(op: string, { maxDilation, kernelSize }: SuperKernel): void {
  if (!Number.isSafeInteger(maxDilation) || maxDilation < 1 || maxDilation > MAX_DILATION_SEARCH) {
    const expected = `a whole number from 1 to ${MAX_DILATION_SEARCH}`;
    throw new InvalidArgumentError(op, 'maxDilation', maxDilation, expected);
  }
  if (!Number.isSafeInteger(kernelSize) || kernelSize < 3 || kernelSize % 2 === 0) {
    throw new InvalidArgumentError(op, 'kernelSize', kernelSize, 'an odd number of at least 3');
  }
}

/** Side K of the super-kernel. */
export function superSize({ maxDilation, kernelSize }: SuperKernel): number {
  return (kernelSize - 1) * maxDilation + 1;
}

/** All dilations in the order of error tables: (1, 1), (1, 2), ..., (d, d); number (dh - 1)*d + (dw - 1). */
export function allDilations(maxDilation: number): Dilation[] {
  return Array.from({ length: maxDilation ** 2 }, (_, i) => [Math.floor(i / maxDilation) + 1, (i % maxDilation) + 1]);
}

/**
 * The taps of a super-kernel that a dilation reads: 1 there, 0 elsewhere.
 *
 * @param side - K of the super-kernel, odd.
 * @param kernelSize - k of the convolution that is searched for.
 * @returns uint8 [K, K], row by row.
 * @throws {@link InvalidArgumentError} for a dilation that does not fit.
 * @example
 * ```ts
 * tapMask([1, 2], 5); // 9 ones: columns 0, 2, 4 of rows 1, 2, 3
 * ```
 */
export function tapMask([height, width]: Dilation, side: number, kernelSize = 3): Uint8Array {
  const centre = (side - 1) / 2;
  const reach = (kernelSize - 1) / 2;
  const fits = [height, width].every((d) => Number.isSafeInteger(d) && d >= 1 && d * reach <= centre);
  if (!fits || !Number.isSafeInteger(centre) || !Number.isSafeInteger(reach)) {
    const expected = `dilations of a ${kernelSize}x${kernelSize} kernel that lie in the odd side ${side}`;
    throw new InvalidArgumentError('tapMask', 'dilation', `${height}x${width}`, expected);
  }
  const mask = new Uint8Array(side ** 2);
  for (let row = -reach; row <= reach; row++) {
    for (let column = -reach; column <= reach; column++) {
      mask[(centre + row * height) * side + centre + column * width] = 1;
    }
  }
  return mask;
}

/** uint8 [d^2, K^2]: 1 where the dilation keeps the tap. */
export function keptTaps(kernel: SuperKernel): Uint8Array {
  const side = superSize(kernel);
  const { maxDilation, kernelSize } = kernel;
  const kept = new Uint8Array(maxDilation ** 2 * side ** 2);
  allDilations(maxDilation).forEach((dilation, i) => void kept.set(tapMask(dilation, side, kernelSize), i * side ** 2));
  return kept;
}
