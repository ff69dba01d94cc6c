/** Branches of inception layers: runs of channels that have one dilation. */

import { PatternFormatError } from '../errors/pattern-format-error';
import type { Dilation, DilationPattern } from './dilation-pattern';

/** The length of every run. */
export function dilationRuns(dilations: readonly Dilation[]): number[] {
  const runs: number[] = [];
  dilations.forEach(([height, width], i) => {
    const before = dilations[i - 1];
    if (before !== undefined && before[0] === height && before[1] === width) runs[runs.length - 1]!++;
    else runs.push(1);
  });
  return runs;
}

/**
 * Channels of each branch, as the conversion of weights asks for them: published checkpoints hold a tensor for each branch.
 *
 * @returns by layer when the pattern names its layers, else a list in forward order.
 * @throws {@link PatternFormatError} for a layer in which a dilation comes back later, which has no branch of its own.
 */
export function branchCounts({ layers }: DilationPattern): Readonly<Record<string, number[]>> | number[][] {
  const counts = layers.map(({ dilations }, layer) => {
    const runs = dilationRuns(dilations);
    if (runs.length === new Set(dilations.map((dilation) => dilation.join('x'))).size) return runs;
    throw new PatternFormatError({ layer }, 'expected the channels of one dilation side by side, which branches are');
  });
  const names = layers.map(({ name }) => name);
  if (names.includes(undefined)) return counts;
  return Object.fromEntries(names.map((name, index) => [name!, counts[index]!]));
}
