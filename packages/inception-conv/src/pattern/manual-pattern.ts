/** Patterns made by hand, for networks that no search has been run on. */
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { type Dilation, type DilationPattern, type LayerPattern, MAX_CHANNELS, MAX_DILATION } from './dilation-pattern';

/** Options of {@link manualPattern}; what is left out takes the value named. */
export interface ManualPatternOptions {
  /** Output channels of each layer, in forward order. */
  readonly channels: readonly number[];
  /** Largest dilation on either axis; 4. */
  readonly maxDilation?: number;
  /** Share of undilated channels, of all layers or of each; 0.5 in the first half of the layers, 0.7 in the second. */
  readonly undilatedShare?: number | readonly number[];
  /** Names for the layers, in forward order; none. */
  readonly names?: readonly string[];
}

/**
 * The advice of the method's author for networks without a search: half of the first layers' channels stay undilated, 0.7 of the later
 * layers', and the rest is spread evenly over all other dilations (github.com/yifan123/IC-Conv, issue 5).
 *
 * Channels are sorted by dilation (height, then width), as the published patterns are.
 *
 * @throws {@link InvalidArgumentError} for a share outside [0, 1] and for counts that are no positive whole numbers.
 */
export function manualPattern(options: ManualPatternOptions): DilationPattern {
  const { channels, maxDilation = 4, undilatedShare, names } = options;
  const op = 'manualPattern';
  if (!Number.isSafeInteger(maxDilation) || maxDilation < 1 || maxDilation > MAX_DILATION) {
    throw new InvalidArgumentError(op, 'maxDilation', maxDilation, `a whole number from 1 to ${MAX_DILATION}`);
  }
  if (Array.isArray(undilatedShare) && undilatedShare.length !== channels.length) {
    throw new InvalidArgumentError(
      op,
      'undilatedShare',
      undilatedShare,
      `a number or one for each of ${channels.length} layers`,
    );
  }
  if (names !== undefined && names.length !== channels.length) {
    throw new InvalidArgumentError(op, 'names', names, `one for each of ${channels.length} layers`);
  }
  const layers = channels.map((count, layer): LayerPattern => {
    if (!Number.isSafeInteger(count) || count < 1 || count > MAX_CHANNELS) {
      throw new InvalidArgumentError(op, `channels[${layer}]`, count, `a whole number from 1 to ${MAX_CHANNELS}`);
    }
    const byAdvice = layer < channels.length / 2 ? 0.5 : 0.7;
    const share = typeof undilatedShare === 'number' ? undilatedShare : (undilatedShare?.[layer] ?? byAdvice);
    if (!(share >= 0 && share <= 1)) throw new InvalidArgumentError(op, 'undilatedShare', share, 'a share from 0 to 1');
    return { ...(names === undefined ? {} : { name: names[layer]! }), dilations: spread(count, share, maxDilation) };
  });
  return { maxDilation, layers };
}

function spread(channels: number, share: number, maxDilation: number): Dilation[] {
  const others = maxDilation ** 2 - 1;
  const undilated = others === 0 ? channels : Math.round(channels * share);
  const dilations: Dilation[] = Array.from({ length: undilated }, () => [1, 1]);
  const rest = channels - undilated;
  for (let other = 0; other < others; other++) {
    // Rounded running sums: every count is within one of the even share, and the remainder falls on no axis in particular.
    const count = Math.round((rest * (other + 1)) / others) - Math.round((rest * other) / others);
    const index = other + 1;
    const dilation: Dilation = [Math.floor(index / maxDilation) + 1, (index % maxDilation) + 1];
    for (let i = 0; i < count; i++) dilations.push(dilation);
  }
  return dilations;
}

/** Every channel of every layer with the same dilation; [1, 1] makes the plain network. */
export function uniformPattern(channels: readonly number[], dilation: Dilation = [1, 1]): DilationPattern {
  return {
    maxDilation: Math.max(...dilation),
    layers: channels.map((count) => ({ dilations: Array.from({ length: count }, () => dilation) })),
  };
}
