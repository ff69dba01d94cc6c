/** The objectives by name, and errors by channel or group. */
import type { Dilation } from '@icconv/inception-conv';
import { SearchError } from '../errors/search-error';
import { allDilations } from '../geometry/taps';
import type { SearchLayer } from '../network/search-network';
import { expectation } from './expectation';
import { filterValues } from './filter-values';
import type { LayerStatistics } from './layer-statistics';
import { signedWeights } from './signed-weights';
import type { ChannelErrors } from './tap-sums';
import { weightL1 } from './weight-l1';

/** One way to say how much a dilation loses of a super-kernel. */
export interface Objective {
  readonly name: string;
  /** What it asks of the statistics pass. */
  readonly needs: { readonly inputMeans?: boolean; readonly outputErrors?: boolean };
  readonly measure: (layer: SearchLayer, statistics: LayerStatistics) => ChannelErrors;
}

const missing = (layer: SearchLayer, what: string) =>
  new SearchError(`${layer.name}: ${what}; give data, from which it is measured`);

/** `expectation` is S, `signed-weights` S', `weight-l1` L, `output-error` O. */
export const OBJECTIVES = {
  /** With measured means, else those of the batch norm in front. */
  expectation: {
    name: 'expectation',
    needs: { inputMeans: true },
    measure(layer, { inputMeans = layer.normMeans }) {
      if (inputMeans === undefined) throw missing(layer, 'no batch norm alone tells the mean of its input');
      return expectation(filterValues(layer), inputMeans);
    },
  },
  'signed-weights': { name: 'signed-weights', needs: {}, measure: (layer) => signedWeights(filterValues(layer)) },
  'weight-l1': { name: 'weight-l1', needs: {}, measure: (layer) => weightL1(filterValues(layer)) },
  'output-error': {
    name: 'output-error',
    needs: { outputErrors: true },
    measure(layer, { outputErrors }) {
      filterValues(layer);
      if (outputErrors === undefined) throw missing(layer, 'the error of its output is measured on data');
      return outputErrors;
    },
  },
} as const satisfies Record<string, Objective>;

export type ObjectiveName = keyof typeof OBJECTIVES;

/** Errors of a layer by unit: an output channel, or a group of them that shares its dilation. */
export interface LayerErrors {
  readonly name: string;
  /** As in {@link SearchLayer}. */
  readonly stage: string;
  readonly maxDilation: number;
  readonly kernelSize: number;
  /** Units U: O channels, or G groups where G > 1. */
  readonly units: number;
  readonly dilations: readonly Dilation[];
  /** float64 [d^2, U], behind the batch norm (see `outputScale`). */
  readonly errors: Float64Array;
  /** float64 [U]: the same measure of the whole unit. */
  readonly whole: Float64Array;
}

/**
 * Errors of each dilation for each unit of a layer.
 *
 * @throws {@link SearchError} for weights that are not finite, and for statistics that the objective needs and has not.
 */
export function layerErrors(layer: SearchLayer, objective: Objective, statistics: LayerStatistics = {}): LayerErrors {
  const { errors, whole } = objective.measure(layer, statistics);
  const { groups, outputScale, maxDilation } = layer;
  const channels = whole.length;
  const units = groups > 1 ? groups : channels;
  const gather = (rows: Float64Array, count: number) => {
    const sums = new Float64Array(count * units);
    for (let row = 0; row < count; row++) {
      for (let o = 0; o < channels; o++) {
        const unit = Math.floor((o * units) / channels);
        sums[row * units + unit]! += rows[row * channels + o]! * (outputScale?.[o] ?? 1);
      }
    }
    if (!sums.every(Number.isFinite))
      throw new SearchError(`${layer.name}: ${objective.name} is not finite; are weights or data NaN?`);
    return sums;
  };
  return {
    name: layer.name,
    stage: layer.stage ?? layer.name,
    maxDilation,
    kernelSize: layer.kernelSize,
    units,
    dilations: allDilations(maxDilation),
    errors: gather(errors, maxDilation ** 2),
    whole: gather(whole, 1),
  };
}
