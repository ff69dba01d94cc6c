/** How many pictures a batch may have, by the memory that updates take. */
import { isRecord } from '@icconv/base';
import { type RunSettings, runSettings } from '@icconv/training/node';
import { dispose } from '@tensorflow/tfjs-core';
import type { Task, TaskTypes } from '../contract/task';
import { reachableMemory } from './peak-memory';
import { type TriedTraining, tryUpdates } from './try-updates';

/** Of what the process could have: pictures of later batches may be larger, evaluations come, and other programs run. */
const SHARE = 0.6;
/** Larger batches make updates rarer, not the training quicker. */
const MOST = 64;
/** Pictures of the second trial, where so many fit. */
const SECOND = 4;

export interface TriedSize {
  readonly batchSize: number;
  readonly peakBytes: number;
}

export interface BatchSize {
  readonly batchSize: number;
  /** What sets it: memory, the number of pictures, the most that is taken, or the run that is resumed. */
  readonly by: 'memory' | 'pictures' | 'bound' | 'run';
  /** Peaks of the updates that were tried, in bytes. Nothing is tried where a run is resumed. */
  readonly tried: readonly TriedSize[];
  /** What an update of so many pictures is expected to take, and what it may, in bytes. */
  readonly expectedBytes: number;
  readonly limitBytes: number;
}

/** See `fittingBatchSize` of ./index. */
export async function fitBatchSize<T extends TaskTypes>(task: Task<T>, options: TriedTraining<T>): Promise<BatchSize> {
  const { folder, val: _, onData: __, onNote: ___, resume = false, ...rest } = options;
  const { model, recipe, signal } = options;
  const limitBytes = SHARE * reachableMemory();
  const kept = folder !== undefined && resume ? keptSize(await runSettings(folder)) : undefined;
  if (kept !== undefined) return { batchSize: kept, by: 'run', tried: [], expectedBytes: 0, limitBytes };

  const attempt = async (batchSize: number) => {
    const weights = task.weights.init(model, { seed: recipe.seed ?? 0 });
    try {
      const own = { ...recipe, batchSize };
      const { peakBytes, batchesPerEpoch } = await tryUpdates(task, { ...rest, recipe: own, weights });
      signal?.throwIfAborted();
      return { batchSize, peakBytes, batches: batchesPerEpoch };
    } finally {
      dispose(weights);
    }
  };
  const one = await attempt(1);
  const pictures = one.batches;
  // So many fit whatever part of the memory is the pictures'.
  const second = Math.min(SECOND, pictures, Math.floor(limitBytes / one.peakBytes));
  const more = second > 1 ? await attempt(second) : one;
  const tried = (more === one ? [one] : [one, more]).map(({ batchSize, peakBytes }) => ({ batchSize, peakBytes }));
  return { ...largestSize(one.peakBytes, more, { limitBytes, pictures }), tried, limitBytes };
}

/** @param one - peak with one picture. @param more - with more, or again with one where no more fit. */
export function largestSize(
  one: number,
  more: TriedSize,
  { limitBytes, pictures }: { readonly limitBytes: number; readonly pictures: number },
): Pick<BatchSize, 'batchSize' | 'by' | 'expectedBytes'> {
  const grows = more.peakBytes > one;
  // Where the second peak is no higher, as if all of it were the pictures'.
  const each = grows ? (more.peakBytes - one) / (more.batchSize - 1) : more.peakBytes / more.batchSize;
  const base = grows ? one - each : 0;
  const fits = Math.max(1, Math.floor((limitBytes - base) / each));
  const batchSize = Math.min(fits, pictures, MOST);
  const by = batchSize === fits ? 'memory' : batchSize === pictures ? 'pictures' : 'bound';
  return { batchSize, by, expectedBytes: base + each * batchSize };
}

function keptSize(settings: RunSettings | undefined): number | undefined {
  const size = isRecord(settings?.recipe) ? settings.recipe.batchSize : undefined;
  return typeof size === 'number' ? size : undefined;
}
