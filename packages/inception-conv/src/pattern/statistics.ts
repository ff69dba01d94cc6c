/** Figures about dilation patterns. */
import type { Dilation, DilationPattern, LayerPattern } from './dilation-pattern';

/** How much of a layer or network has one dilation. */
export interface DilationShare {
  readonly dilation: Dilation;
  readonly channels: number;
  /** Share of all channels, 0 to 1. */
  readonly share: number;
}

/** Figures of a layer or of a whole network. */
export interface PatternStatistics {
  readonly channels: number;
  /** Mean dilation over channels, in pixels. */
  readonly meanHeight: number;
  readonly meanWidth: number;
  /** Number of different dilations; of a network, the sum over its layers, which is its number of branches. */
  readonly distinct: number;
  /** Share of channels with dilation [1, 1], 0 to 1. */
  readonly undilated: number;
  /** Dilations that occur, by height, then width. */
  readonly shares: readonly DilationShare[];
}

/** Figures of one layer. */
export function layerStatistics({ dilations }: LayerPattern): PatternStatistics {
  const byDilation = new Map<string, { dilation: Dilation; channels: number }>();
  let height = 0;
  let width = 0;
  for (const dilation of dilations) {
    height += dilation[0];
    width += dilation[1];
    const key = dilation.join('x');
    const entry = byDilation.get(key);
    if (entry === undefined) byDilation.set(key, { dilation, channels: 1 });
    else entry.channels++;
  }
  const channels = dilations.length;
  const shares = [...byDilation.values()]
    .sort((a, b) => a.dilation[0] - b.dilation[0] || a.dilation[1] - b.dilation[1])
    .map((entry) => ({ ...entry, share: entry.channels / channels }));
  return {
    channels,
    meanHeight: height / channels,
    meanWidth: width / channels,
    distinct: shares.length,
    undilated: (byDilation.get('1x1')?.channels ?? 0) / channels,
    shares,
  };
}

/** Figures of all layers together, every channel counting once. */
export function patternStatistics({ layers }: DilationPattern): PatternStatistics {
  const whole = layerStatistics({ dilations: layers.flatMap((layer) => layer.dilations) });
  return { ...whole, distinct: layers.reduce((sum, layer) => sum + layerStatistics(layer).distinct, 0) };
}
