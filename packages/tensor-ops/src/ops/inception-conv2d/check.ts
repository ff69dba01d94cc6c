/** Argument checks of `inceptionConv2d`; each throws one typed error. */
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { isWhole, orAtMost } from '../../kernel/check';
import type { Pair } from '../../kernel/geometry';
import { toPair } from '../../kernel/geometry';

/**
 * Checks the dilations and spells them out for every output channel: [dH, dW] of channel 0, then of channel 1, ...
 *
 * With groups there may also be one entry per group, meant for all its channels.
 */
export function checkDilations(op: string, dilations: readonly Pair[], channels: number, groups: number): number[] {
  if (!Array.isArray(dilations)) {
    throw new InvalidArgumentError(op, 'dilations', dilations, 'a list of [height, width] dilations');
  }
  const perGroup = dilations.length === groups && groups > 1;
  if (dilations.length !== channels && !perGroup) {
    const also = groups > 1 ? ` or each of the ${groups} groups` : '';
    const expected = `one [height, width] for each of the ${channels} output channels${also}`;
    throw new InvalidArgumentError(op, 'dilations', `${dilations.length} entries`, expected);
  }
  const repeat = channels / dilations.length;
  const flat: number[] = new Array(2 * channels);
  for (let entry = 0; entry < dilations.length; entry++) {
    const pair: unknown = dilations[entry];
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((d) => isWhole(d, 1))) {
      throw new InvalidArgumentError(
        op,
        `dilations[${entry}]`,
        pair,
        orAtMost(pair, 'a pair of positive whole numbers [height, width]'),
      );
    }
    const [height, width] = pair as [number, number];
    for (let copy = entry * repeat; copy < (entry + 1) * repeat; copy++) {
      flat[2 * copy] = height;
      flat[2 * copy + 1] = width;
    }
  }
  return flat;
}

/** Checks that the kernel is square and odd, so that "same" padding is symmetric. */
export function checkKernelSize(op: string, filterShape: readonly number[]): number {
  const [height, width] = filterShape as [number, number];
  if (height !== width || height % 2 === 0) {
    throw new ShapeMismatchError(op, 'filter', '[K, K, C/G, O] with one odd kernel size K', filterShape);
  }
  return height;
}

/** The padding must keep the map's size at stride 1; "same" or the undilated kernel's (K-1)/2. */
export function checkSamePad(op: string, pad: 'same' | number | Pair, kernelSize: number): void {
  const half = (kernelSize - 1) / 2;
  if (pad === 'same') return;
  const pair = toPair(pad);
  if (!Array.isArray(pair) || pair.length !== 2 || pair[0] !== half || pair[1] !== half) {
    const expected = `"same" or ${half}, the undilated kernel's (K - 1)/2, to which each channel's dilation adds its own`;
    throw new InvalidArgumentError(op, 'pad', pad, expected);
  }
}
