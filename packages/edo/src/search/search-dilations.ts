/** The search: errors by an objective, selection, and what came of it. */
import { defined } from '@icconv/base';
import type { DilationPattern } from '@icconv/inception-conv';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { SearchError } from '../errors/search-error';
import type { SearchNetwork } from '../network/search-network';
import type { LayerStatistics } from '../objectives/layer-statistics';
import { type LayerErrors, layerErrors, OBJECTIVES, type Objective, type ObjectiveName } from '../objectives/objective';
import type { SelectionConstraints } from '../selection/constraints';
import { type PatternError, patternError, selectPattern } from '../selection/select-pattern';
import { statisticsPass } from '../statistics/statistics-pass';

export interface SearchOptions extends SelectionConstraints {
  /** By name, or one of your own. @defaultValue `'weight-l1'` */
  readonly objective?: ObjectiveName | Objective;
  /** float32 [N, H, W, C] as the network takes them. Read, and disposed, only where the objective needs data. */
  readonly data?: Iterable<Tensor4D> | AsyncIterable<Tensor4D>;
  /** Statistics of an earlier pass, by layer name; no pass is run then. */
  readonly statistics?: ReadonlyMap<string, LayerStatistics>;
  readonly onBatch?: (batches: number) => void;
  readonly signal?: AbortSignal;
}

export interface SearchResult {
  readonly objective: string;
  readonly pattern: DilationPattern;
  /** Errors of every dilation, to select again under other constraints. */
  readonly layers: readonly LayerErrors[];
  /** What the pattern loses of the super-network. */
  readonly error: PatternError;
  readonly seconds: { readonly statistics: number; readonly selection: number };
}

/**
 * Finds a dilation for each channel (or group) of each layer of a trained super-network.
 *
 * @throws {@link SearchError}; InvalidArgumentError for constraints, ShapeMismatchError for a filter of the wrong K.
 * @example
 * ```ts
 * const network = resnetNetwork(weights, config);
 * const { pattern } = await searchDilations(network, { objective: 'weight-l1' });
 * const searched = cropWeights(weights, config, pattern);
 * ```
 */
export async function searchDilations(network: SearchNetwork, options: SearchOptions = {}): Promise<SearchResult> {
  if (network.layers.length === 0) throw new SearchError('the network has no layer to search');
  const objective = objectiveOf(options.objective ?? 'weight-l1');
  const { data, onBatch, signal } = options;
  const started = performance.now();
  let statistics = options.statistics;
  const needsPass = objective.needs.inputMeans === true || objective.needs.outputErrors === true;
  if (statistics === undefined && data !== undefined && needsPass) {
    statistics = await statisticsPass(network, data, {
      ...objective.needs,
      ...defined({ onBatch, signal }),
    });
  }
  const measured = performance.now();
  const layers = network.layers.map((layer) => layerErrors(layer, objective, statistics?.get(layer.name)));
  const pattern = selectPattern(layers, options);
  const error = patternError(layers, pattern);
  const seconds = { statistics: (measured - started) / 1000, selection: (performance.now() - measured) / 1000 };
  return { objective: objective.name, pattern, layers, error, seconds };
}

function objectiveOf(objective: ObjectiveName | Objective): Objective {
  if (typeof objective === 'object') return objective;
  if (Object.hasOwn(OBJECTIVES, objective)) return OBJECTIVES[objective];
  throw new SearchError(`objective "${objective}" is not known; there are ${Object.keys(OBJECTIVES).join(', ')}`);
}
