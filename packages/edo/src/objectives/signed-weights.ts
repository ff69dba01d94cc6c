/**
 * S': the change of the expected output where all input channels have one mean mu, in units of |mu|.
 *
 *     e_o(d) = |sum over m, taps t not in d of W[t, m, o]|
 *
 * Needs no data. Weights of opposite sign cancel, so a small error may hide large weights left out. Whole: |sum of all weights|.
 */
import type { FilterValues } from './filter-values';
import { type ChannelErrors, outsideErrors, tapSums } from './tap-sums';

/** @returns float64 [d^2, O] and [O]. */
export function signedWeights(filter: FilterValues): ChannelErrors {
  return outsideErrors(filter, tapSums(filter, false));
}
