/** What a search's report shows; plain data, as it is written as JSON. */

import type { EffectiveReceptiveField } from '@icconv/inception-conv/receptive-field';
import type { PatternError, SearchResult } from '../index';

export interface SearchReport {
  readonly title: string;
  readonly result: SearchResult;
  /** Other patterns' errors by the same objective, such as the baselines', by name. */
  readonly baselines?: Readonly<Record<string, PatternError>>;
  /** What to be careful about, see `superNetworkReadiness`. */
  readonly warning?: string;
  readonly fields?: { readonly plain: EffectiveReceptiveField; readonly searched: EffectiveReceptiveField };
  /** Lines of the table of costs, such as ['parameters', '3.5 M']. */
  readonly cost?: readonly (readonly [what: string, plain: string, superNetwork: string, searched: string])[];
}

/** Share of units with each dilation 1 to d on an axis, by stage; rows sum to 1. */
export function stageShares(
  { pattern, layers }: SearchResult,
  axis: 0 | 1,
): { readonly stage: string; readonly shares: number[] }[] {
  const stages = new Map<string, number[]>();
  layers.forEach(({ stage }, i) => {
    const counts = stages.get(stage) ?? new Array<number>(pattern.maxDilation).fill(0);
    stages.set(stage, counts);
    for (const dilation of pattern.layers[i]!.dilations) counts[dilation[axis] - 1]!++;
  });
  return [...stages].map(([stage, counts]) => {
    const sum = counts.reduce((a, b) => a + b, 0);
    return { stage, shares: counts.map((count) => count / sum) };
  });
}

/** Rows of the table that the report and the command line both show. */
export function layerRows({ result }: SearchReport) {
  return result.pattern.layers.map(({ name = '', dilations }, i) => {
    const mean = (axis: 0 | 1) => dilations.reduce((sum, pair) => sum + pair[axis], 0) / dilations.length;
    const undilated = dilations.filter(([h, w]) => h === 1 && w === 1).length / dilations.length;
    return {
      name,
      channels: dilations.length,
      distinct: new Set(dilations.map((pair) => pair.join('x'))).size,
      meanHeight: mean(0),
      meanWidth: mean(1),
      undilated,
      error: result.error.layers[i]!,
    };
  });
}
