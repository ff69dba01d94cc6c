/** Sums over taps that the objectives on weights share. */
import { keptTaps, superSize } from '../geometry/taps';
import type { FilterValues } from './filter-values';

/**
 * float64 [K^2, O]: for every tap and output channel the sum over input channels m of |w| (`absolute`), or of mu_m * w.
 *
 * @param means - mu of all C input channels; ones when left out.
 */
export function tapSums(filter: FilterValues, absolute: boolean, means?: Float64Array): Float64Array {
  const { values, inChannels, outChannels, groups } = filter;
  const taps = superSize(filter) ** 2;
  const sums = new Float64Array(taps * outChannels);
  const perGroup = outChannels / groups;
  let i = 0;
  for (let tap = 0; tap < taps; tap++) {
    const row = tap * outChannels;
    for (let m = 0; m < inChannels; m++) {
      if (absolute) {
        for (let o = 0; o < outChannels; o++) sums[row + o]! += Math.abs(values[i++]!);
      } else if (means === undefined) {
        for (let o = 0; o < outChannels; o++) sums[row + o]! += values[i++]!;
      } else {
        for (let group = 0; group < groups; group++) {
          const mean = means[group * inChannels + m]!;
          const end = row + (group + 1) * perGroup;
          for (let o = row + group * perGroup; o < end; o++) sums[o]! += mean * values[i++]!;
        }
      }
    }
  }
  return sums;
}

/** What a linear objective measures of a layer. */
export interface ChannelErrors {
  /** float64 [d^2, O], dilations in the order of `allDilations`. */
  readonly errors: Float64Array;
  /** float64 [O]: the same measure of the whole kernel, which errors are relative to. */
  readonly whole: Float64Array;
}

/**
 * |sum over the taps outside each dilation| and |sum over all taps|.
 *
 * The taps outside are summed, not subtracted from the whole: a dilation that keeps everything then has error 0 exactly.
 */
export function outsideErrors(filter: FilterValues, sums: Float64Array): ChannelErrors {
  const { maxDilation, outChannels } = filter;
  const taps = superSize(filter) ** 2;
  const kept = keptTaps(filter);
  const errors = new Float64Array(maxDilation ** 2 * outChannels);
  const whole = new Float64Array(outChannels);
  for (let tap = 0; tap < taps; tap++) {
    for (let o = 0; o < outChannels; o++) whole[o]! += sums[tap * outChannels + o]!;
    for (let pattern = 0; pattern < maxDilation ** 2; pattern++) {
      if (kept[pattern * taps + tap] === 1) continue;
      for (let o = 0; o < outChannels; o++) errors[pattern * outChannels + o]! += sums[tap * outChannels + o]!;
    }
  }
  return { errors: errors.map(Math.abs), whole: whole.map(Math.abs) };
}
