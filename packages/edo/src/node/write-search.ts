/** What a search leaves behind in a folder. */
import { join } from 'node:path';
import { makeFolder, writeAtomically } from '@icconv/base/files';
import { formatPattern, formatPatternCounts } from '@icconv/inception-conv';
import { type StateDict, saveStateDict } from '@icconv/tensor-ops/weights';
import * as tf from '@tensorflow/tfjs-core';
import { SearchError } from '../errors/search-error';
import { sortChannels } from '../weights/sort-channels';
import type { SearchInput, SearchRun } from './run-search';

export interface WriteSearchOptions extends Pick<SearchInput, 'prefix'> {
  /** Writes the weights. @returns the path. @defaultValue as `weights.safetensors`, by PyTorch's names and layouts */
  readonly save?: (folder: string, weights: Readonly<StateDict>) => Promise<string>;
}

const saveWeights = (folder: string, weights: Readonly<StateDict>): Promise<string> =>
  saveStateDict(weights, join(folder, 'weights.safetensors'));

/**
 * Writes `pattern.json`, `search.json` (numbers), `report.html` and `weights.safetensors`; where channels may move, also `counts.json` in the
 * published format with `counts-weights.safetensors`, whose channels are in its order.
 *
 * @param folder - made where it is missing.
 * @returns the files' paths.
 * @throws FileError
 */
export async function writeSearch(
  folder: string,
  { report, weights, config }: Pick<SearchRun, 'report' | 'weights' | 'config'>,
  { prefix = '', save = saveWeights }: WriteSearchOptions = {},
): Promise<string[]> {
  const { result, baselines } = report;
  // The chart library is large: loaded only here.
  const { renderReport } = await import('../report/html');
  await makeFolder(folder);
  const files: string[] = [];
  const write = async (name: string, content: string) => {
    await writeAtomically(join(folder, name), content);
    files.push(join(folder, name));
  };
  await write('pattern.json', formatPattern(result.pattern));
  const { objective, seconds, error, pattern } = result;
  await write('search.json', `${JSON.stringify({ objective, seconds, error, baselines, pattern }, null, 1)}\n`);
  await write('report.html', renderReport(report));
  files.push(await save(folder, weights));
  try {
    const sorted = sortChannels(weights, config, { prefix });
    try {
      await write('counts.json', formatPatternCounts(sorted.pattern));
      files.push(await saveStateDict(sorted.weights, join(folder, 'counts-weights.safetensors')));
    } finally {
      tf.dispose(sorted.weights);
    }
  } catch (error) {
    // Residual sums forbid the published format; pattern.json has everything.
    if (!SearchError.isInstance(error)) throw error;
  }
  return files;
}
