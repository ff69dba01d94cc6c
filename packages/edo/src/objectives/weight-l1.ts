/**
 * L: the L1 norm of the weights that a dilation leaves out.
 *
 *     e_o(d) = sum over m, taps t not in d of |W[t, m, o]|
 *
 * Its minimum keeps the largest sum of |w|. It bounds S from above by the triangle inequality where every |E[X_m]| <= 1 (up to that bound as
 * a factor), needs no data, and no cancellation of taps hides what is left out. Whole: the L1 norm of all the channel's weights.
 */
import type { FilterValues } from './filter-values';
import { type ChannelErrors, outsideErrors, tapSums } from './tap-sums';

/** @returns float64 [d^2, O] and [O]. */
export function weightL1(filter: FilterValues): ChannelErrors {
  return outsideErrors(filter, tapSums(filter, true));
}
