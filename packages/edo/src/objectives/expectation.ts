/**
 * S: the L1 error between the expected outputs, as the method's description has it.
 *
 *     e_o(d) = |E[Y_o] - E[Y_o(d)]| = |sum over m of E[X_m] * sum over taps t not in d of W[t, m, o]|
 *
 * E runs over images and positions and is taken as equal at all taps: borders, where padding brings zeros in, count as the inside. A bias
 * is in both outputs and cancels. Whole: |E[Y_o]| without bias.
 */
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { FilterValues } from './filter-values';
import { type ChannelErrors, outsideErrors, tapSums } from './tap-sums';

/**
 * @param means - float64 [C]: E[X_m], measured or by batch norm.
 * @returns float64 [d^2, O] and [O].
 * @throws {@link InvalidArgumentError} for means of another number of channels.
 */
export function expectation(filter: FilterValues, means: Float64Array): ChannelErrors {
  const channels = filter.inChannels * filter.groups;
  if (means.length !== channels) {
    throw new InvalidArgumentError(
      'expectation',
      'means.length',
      means.length,
      `the layer's ${channels} input channels`,
    );
  }
  return outsideErrors(filter, tapSums(filter, false, means));
}
