/** A whole search: pictures, dilations, the patterns to beat, what the networks cost and see. */
import { defined } from '@icconv/base';
import type { ResNetConfig, StateDict } from '@icconv/models';
import * as tf from '@tensorflow/tfjs-core';
import { OBJECTIVES } from '../objectives/objective';
import { costTable, receptiveFields } from '../report/network-costs';
import type { SearchReport } from '../report/report-data';
import { superNetworkReadiness } from '../search/readiness';
import { DEFAULT_INPUT_SIZE, type SearchedBackbone, searchBackbone } from '../search/search-backbone';
import { baselinePattern } from '../selection/baselines';
import { patternError } from '../selection/select-pattern';
import { openPictures, type PictureWatcher, type SearchPictures } from './pictures';
import type { SearchSettings } from './search-schema';

export interface SearchInput {
  /** Of the network, by names with the prefix. Read, kept by the caller. */
  readonly weights: Readonly<StateDict>;
  /** Of the backbone, with super-kernels. */
  readonly config: ResNetConfig;
  /** Of the backbone's names. @defaultValue `''` */
  readonly prefix?: string;
}

export interface SearchRun extends SearchedBackbone {
  readonly report: SearchReport;
  /** Pictures that statistics were taken of; undefined for objectives on weights alone. */
  readonly pictures: SearchPictures | undefined;
}

/**
 * Searches a super-network and reports.
 *
 * @param settings - `data.images` is a path from the working folder, or an absolute one; pictures are opened only where the objective needs
 *   them.
 * @throws as `searchBackbone`; FileError and {@link SearchError} for a folder of pictures, ImageDecodeError for a picture.
 * @example
 * ```ts
 * const network = await loadSuperNetwork(config);
 * const run = await runSearch(network, config);
 * await writeSearch('out', run);
 * tf.dispose([network.weights, run.weights]);
 * ```
 */
export async function runSearch(
  { weights, config, prefix = '' }: SearchInput,
  settings: SearchSettings = {},
  watcher: PictureWatcher = {},
): Promise<SearchRun> {
  const { objective = 'weight-l1', constraints = {}, inputSize = DEFAULT_INPUT_SIZE, data } = settings;
  const needsData = Object.keys(OBJECTIVES[objective].needs).length > 0;
  const pictures = needsData && data !== undefined ? await openPictures(data, watcher) : undefined;
  const { signal } = watcher;
  const searched = await searchBackbone({
    weights,
    config,
    prefix,
    objective,
    constraints,
    inputSize,
    ...defined({ data: pictures?.batches, signal }),
  });
  try {
    const { result, pattern } = searched;
    const { maxDilation } = pattern;
    const error = (kind: 'ones' | 'random' | 'manual') =>
      patternError(result.layers, baselinePattern(kind, result.layers, { maxDilation }));
    const baselines = { ones: error('ones'), random: error('random'), manual: error('manual') };
    const warning = superNetworkReadiness(result, baselines);
    const report: SearchReport = {
      title: settings.title ?? 'Dilation search',
      result,
      baselines,
      ...defined({ warning }),
      fields: await receptiveFields(config, pattern),
      cost: costTable(config, searched.config, inputSize),
    };
    return { ...searched, report, pictures: pictures?.told };
  } catch (error) {
    tf.dispose(searched.weights);
    throw error;
  }
}
