/**
 * Which taps of a super-kernel belong to a dilation.
 *
 * A k x k convolution (k odd, r = (k - 1)/2) of dilation (dh, dw) reads at offsets (i*dh, j*dw) with |i|, |j| <= r. All dilations up to d
 * lie in one kernel of side K = 2*r*d + 1, whose centre is the tap (r*d, r*d); for k = 3 that is K = 2*d + 1.
 */

import { InvalidArgumentError } from '@icconv/tensor-ops';
import { type Dilation, MAX_DILATION_SEARCH } from './limits';

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

/** Whether a k x k convolution of this dilation reads at an offset from its centre, on one axis. */
function reads(offset: number, dilation: number, kernelSize: number): boolean {
  const distance = Math.abs(offset);
  return distance % dilation === 0 && distance / dilation <= (kernelSize - 1) / 2;
}

/** uint8 [d^2, K^2]: 1 where the dilation keeps the tap. */
export function keptTaps(kernel: SuperKernel): Uint8Array {
  const side = superSize(kernel);
  const centre = (side - 1) / 2;
  const { maxDilation, kernelSize } = kernel;
  const kept = new Uint8Array(maxDilation ** 2 * side ** 2);
  allDilations(maxDilation).forEach(([height, width], pattern) => {
    for (let row = 0; row < side; row++) {
      if (!reads(row - centre, height, kernelSize)) continue;
      for (let column = 0; column < side; column++) {
        if (reads(column - centre, width, kernelSize)) kept[(pattern * side + row) * side + column] = 1;
      }
    }
  });
  return kept;
}
