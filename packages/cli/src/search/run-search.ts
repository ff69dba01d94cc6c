/** One search by a configuration file, from the super-network's file to pattern, weights and report. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { counted, ImageDecodeError, isPictureName } from '@icconv/base';
import { besideConfig, ConfigError } from '@icconv/base/config';
import { makeFolder, writeAtomically } from '@icconv/base/files';
import { decodeImage } from '@icconv/base/pictures';
import { fasterRcnnConfig, prepareImages } from '@icconv/detection';
import {
  baselinePattern,
  cropWeights,
  patternError,
  resnetNetwork,
  type SearchResult,
  type ShareBound,
  searchDilations,
  sortChannels,
  superConfig,
} from '@icconv/edo';
import { renderReport, type SearchReport } from '@icconv/edo/report';
import { formatPattern, formatPatternCounts } from '@icconv/inception-conv';
import { type ResNetConfig, resnetShapes } from '@icconv/models';
import { VisionError } from '@icconv/tensor-ops';
import { loadStateDict, type OpenWeightsOptions, saveStateDict } from '@icconv/tensor-ops/weights';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { countProgress } from '../ui/count-progress';
import { costTable, kernelCosts, receptiveFields } from './costs';
import type { SearchConfig } from './search-config';

export interface SearchRun {
  readonly report: SearchReport;
  readonly result: SearchResult;
  readonly files: readonly string[];
  /** Pictures that statistics were taken of; undefined for objectives on weights alone. */
  readonly data: SearchPictures | undefined;
}

export interface SearchPictures {
  /** In the folder, and of these chosen. */
  readonly found: number;
  readonly chosen: number;
  /** Chosen ones that could not be read. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** @param reading - how the super-network's file is read. */
export async function runSearch(
  file: string,
  config: SearchConfig,
  signal: AbortSignal,
  reading: OpenWeightsOptions = {},
): Promise<SearchRun> {
  const { maxDilation, layers, prefix, objective, constraints, inputSize } = config;
  const plain = config.backbone as ResNetConfig;
  const wide = superConfig(plain, { maxDilation, ...(layers !== undefined && { layers }) });
  const weights = await loadStateDict(besideConfig(file, config.weights), {
    ...reading,
    expected: resnetShapes(wide),
    ...(prefix !== '' && { prefix }),
    rename: (name) => (name.startsWith('fc.') ? undefined : name),
    signal,
  });
  try {
    const network = resnetNetwork(weights, wide);
    const { latencyMs, shares, ...rest } = constraints;
    const data = config.data === undefined ? undefined : await openPictures(file, config.data, signal);
    const result = await searchDilations(network, {
      objective,
      ...stripped(rest),
      ...(shares !== undefined && { shares: shares.map((share) => stripped(share) as ShareBound) }),
      ...(latencyMs !== undefined && {
        latency: { budgetMs: latencyMs, costs: await kernelCosts(wide, network, inputSize) },
      }),
      ...(data !== undefined && { data: data.batches }),
      signal,
    });
    const searched = cropWeights(weights, wide, result.pattern);
    try {
      const units = result.layers.map((layer) => ({ name: layer.name, units: layer.units }));
      const baselines = Object.fromEntries(
        (['ones', 'random', 'manual'] as const).map((kind) => [
          kind,
          patternError(result.layers, baselinePattern(kind, units, { maxDilation })),
        ]),
      );
      const report: SearchReport = {
        title: config.title ?? 'Dilation search',
        result,
        baselines,
        fields: await receptiveFields(wide, network, result.pattern),
        cost: costTable(wide, searched.config, inputSize),
      };
      const files = await writeFiles(besideConfig(file, config.output), report, searched);
      return { report, result, files, data: data?.told };
    } finally {
      tf.dispose(searched.weights);
    }
  } finally {
    tf.dispose(weights);
  }
}

async function writeFiles(
  folder: string,
  report: SearchReport,
  searched: ReturnType<typeof cropWeights>,
): Promise<string[]> {
  const { result, baselines } = report;
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
  files.push(await saveStateDict(searched.weights, join(folder, 'weights.safetensors')));
  try {
    const sorted = sortChannels(searched.weights, searched.config);
    try {
      await write('counts.json', formatPatternCounts(sorted.pattern));
      files.push(await saveStateDict(sorted.weights, join(folder, 'counts-weights.safetensors')));
    } finally {
      tf.dispose(sorted.weights);
    }
  } catch (error) {
    // Residual sums forbid the published format; pattern.json has everything.
    if (!VisionError.isInstance(error) || error.code !== 'ICCONV_SEARCH') throw error;
  }
  return files;
}

interface OpenPictures {
  readonly batches: AsyncGenerator<Tensor4D>;
  /** Filled as they are read. */
  readonly told: SearchPictures;
}

/** @throws {@link ConfigError} for a folder that cannot be read or holds no picture. */
async function openPictures(
  file: string,
  data: NonNullable<SearchConfig['data']>,
  signal: AbortSignal,
): Promise<OpenPictures> {
  const folder = besideConfig(file, data.images);
  const names = await readdir(folder).catch((error: Error) => {
    throw new ConfigError(`${file}: data.images: ${error.message}`, { cause: error });
  });
  const found = names.filter(isPictureName).sort();
  if (found.length === 0) throw new ConfigError(`${file}: data.images: ${folder} holds no pictures`);
  const chosen = found.slice(0, data.count);
  console.error(`statistics of ${counted(chosen.length, 'picture')}, of ${found.length} in ${folder}`);
  const skipped: { name: string; reason: string }[] = [];
  const told = { found: found.length, chosen: chosen.length, skipped };
  return { batches: pictures(folder, chosen, data, skipped, signal), told };
}

async function* pictures(
  folder: string,
  chosen: readonly string[],
  { minSize, maxSize, onUnreadable = 'stop', tolerateDamage = false }: NonNullable<SearchConfig['data']>,
  skipped: { name: string; reason: string }[],
  signal: AbortSignal,
): AsyncGenerator<Tensor4D> {
  const { input } = fasterRcnnConfig({ backbone: { depth: 50 }, classes: 1 });
  const progress = countProgress('statistics', chosen.length);
  try {
    for (const [i, name] of chosen.entries()) {
      const picture = await decodeImage(join(folder, name), { signal, tolerateDamage }).catch((error: unknown) => {
        if (onUnreadable === 'stop' || !(error instanceof ImageDecodeError)) throw error;
        skipped.push({ name, reason: error.reason });
        console.error(`left out: ${name}: ${error.reason}`);
        if (skipped.length === chosen.length) throw error;
      });
      progress.update(i + 1);
      if (picture === undefined) continue;
      const { data, height, width } = picture;
      yield tf.tidy(
        () => prepareImages([tf.tensor3d(data, [height, width, 3], 'int32')], { ...input, minSize, maxSize }).images,
      );
    }
  } finally {
    progress.stop();
  }
}

/** Without the keys that are undefined, which zod leaves in. */
function stripped<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as never;
}
