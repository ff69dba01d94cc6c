import { type Baseline, baselinePattern, superLayers } from '@icconv/edo';
import type { DilationPattern } from '@icconv/inception-conv';
import type { ResNetConfig } from '@icconv/models';
import type { Context } from './train';

/** A pattern without a search; the same for a seed. @param number - of random patterns that differ. */
export function baseline({ seed }: Context, wide: ResNetConfig, kind: Baseline, number = 0): DilationPattern {
  const layers = superLayers(wide).map(({ name, outChannels, maxDilation }) => ({
    name,
    units: outChannels,
    maxDilation,
  }));
  return baselinePattern(kind, layers, { maxDilation: layers[0]!.maxDilation, seed: 100 * seed + number });
}
