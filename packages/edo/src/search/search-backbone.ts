/** The search for the backbone inside a larger network: its super-kernels become the inception layers that were found. */
import { defined } from '@icconv/base';
import type { DilationPattern } from '@icconv/inception-conv';
import type { ResNetConfig, StateDict } from '@icconv/models';
import { resnetNetwork } from '../network/resnet-network';
import type { PrefixOptions } from '../network/super-weights';
import type { SelectionConstraints } from '../selection/constraints';
import { cropWeights } from '../weights/resnet-weights';
import { measureKernelCosts } from './kernel-costs';
import { type SearchOptions, type SearchResult, searchDilations } from './search-dilations';

/** Constraints as a file may give them: the time of the kernels is measured by the search. */
export interface SearchConstraints extends Omit<SelectionConstraints, 'latency'> {
  /** Milliseconds for all searched layers together on one image of `inputSize`, on this machine. */
  readonly latencyMs?: number;
}

/** [height, width] of the image that times and costs are for. */
export const DEFAULT_INPUT_SIZE: readonly [height: number, width: number] = [320, 320];

export interface BackboneSearchOptions
  extends PrefixOptions,
    Pick<SearchOptions, 'objective' | 'data' | 'onBatch' | 'signal'> {
  /** The whole network's, by names with the prefix. Read, kept by the caller. */
  readonly weights: Readonly<StateDict>;
  /** Of the backbone, with super-kernels: see `superConfig`, or as the model's file has it. */
  readonly config: ResNetConfig;
  readonly constraints?: SearchConstraints;
  /** @defaultValue {@link DEFAULT_INPUT_SIZE} */
  readonly inputSize?: readonly [height: number, width: number];
}

/** The network that was cut out of a super-network. */
export interface SearchedBackbone {
  /** Of the backbone, with the pattern in the place of the super-kernels. */
  readonly config: ResNetConfig;
  /**
   * Every weight that was given, by the same names, as tensors of their own: the searched filters cropped, all others (those outside of the
   * prefix too) as they were. The caller disposes them.
   */
  readonly weights: StateDict;
  readonly pattern: DilationPattern;
  readonly result: SearchResult;
}

/**
 * Searches a network's backbone and cuts it.
 *
 * @throws {@link SearchError} for a config without super-kernels and as `searchDilations`; ShapeMismatchError for weights of another K.
 * @example
 * ```ts
 * const { config, weights } = await searchBackbone({ weights: detector, config: superBackbone, prefix: 'backbone.body.' });
 * ```
 */
export async function searchBackbone(options: BackboneSearchOptions): Promise<SearchedBackbone> {
  const { weights, config, prefix = '', inputSize = DEFAULT_INPUT_SIZE, objective, data, onBatch, signal } = options;
  const network = resnetNetwork(weights, config, { prefix });
  const { latencyMs, ...constraints } = options.constraints ?? {};
  const latency =
    latencyMs === undefined ? undefined : { budgetMs: latencyMs, costs: await measureKernelCosts(config, inputSize) };
  const result = await searchDilations(network, {
    ...constraints,
    ...defined({ objective, latency, data, onBatch, signal }),
  });
  const { pattern } = result;
  return { ...cropWeights(weights, config, pattern, { prefix }), pattern, result };
}
