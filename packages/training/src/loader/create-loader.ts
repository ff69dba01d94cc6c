/** Batches of augmented pictures: decoded ahead on threads, sampled and normalised in one native call in the thread of TensorFlow. */
import { availableParallelism } from 'node:os';
import { ImageDecodeError } from '@icconv/base';
import { nameOf } from '@icconv/base/pictures';
import { type ImagePlacement, InvalidArgumentError, imageBatch } from '@icconv/tensor-ops';
import { checkAugmentConfig } from '../augment/check-config';
import { inverse } from '../augment/geometry';
import { moveMask, moveSample, type PixelMask } from '../augment/objects';
import { drawsMosaic, planSample, type SamplePlan } from '../augment/plan';
import { seededRandom } from '../random/random';
import { type BatchOrderOptions, batchCount, batchOrder } from './batch-order';
import { DecodePool, type PoolImage } from './decode-pool';
import type { Batch, BatchSample, DataPosition, Loader, LoaderOptions, Sample, UnreadablePicture } from './types';

const START: DataPosition = { epoch: 0, batch: 0 };

/** A batch that is being decoded, and its samples when it is. */
interface Upcoming<S extends Sample> {
  readonly position: DataPosition;
  readonly ready: Promise<PreparedSample<S>[]>;
}

interface PreparedSample<S extends Sample> {
  readonly batchSample: BatchSample<S>;
  readonly pictures: readonly PoolImage[];
}

/**
 * Makes a data loader.
 *
 * Order and augmentation depend on seed, epoch and sample alone: the same seed gives the same batches on any number of threads, and a run
 * goes on from any {@link DataPosition} as if it had never stopped.
 *
 * @throws {@link InvalidArgumentError}; while reading {@link ImageDecodeError} with the file, and the signal's reason when aborted.
 * @example
 * ```ts
 * const loader = createLoader({ source, batchSize: 2, augment: { resize: { shortest: 800, longest: 1333 }, flip: 0.5 } });
 * for await (const batch of loader.batches()) {
 *   if (batch.epoch === 12) break;
 *   // batch.images: [2, H, W, 3]; batch.samples[0].objects: moved with the pixels
 *   batch.dispose();
 * }
 * await loader.close();
 * ```
 */
export function createLoader<S extends Sample>(options: LoaderOptions<S>): Loader<S> {
  const {
    source,
    batchSize,
    seed = 0,
    shuffle = true,
    dropLast = false,
    groupByAspect = false,
    augment = {},
    shard,
  } = options;
  const { workers = Math.min(4, Math.max(1, availableParallelism() - 1)), prefetch = 2 } = options;
  const whole = (name: string, value: number, least: number) => {
    if (Number.isInteger(value) && value >= least) return;
    throw new InvalidArgumentError('createLoader', name, value, `a whole number of at least ${least}`);
  };
  whole('source.length', source.length, 1);
  whole('batchSize', batchSize, 1);
  whole('workers', workers, 0);
  whole('prefetch', prefetch, 1);
  whole('multipleOf', options.multipleOf ?? 1, 1);
  if (shard !== undefined) {
    whole('shard.count', shard.count, 1);
    whole('shard.index', shard.index, 0);
    if (shard.index >= shard.count)
      throw new InvalidArgumentError('createLoader', 'shard.index', shard.index, `below shard.count, ${shard.count}`);
  }
  checkAugmentConfig(augment);
  if (groupByAspect && source.size === undefined) {
    throw new InvalidArgumentError('createLoader', 'source.size', undefined, 'there when groupByAspect is set');
  }
  const groupOf = (index: number) => {
    const { height, width } = source.size!(index);
    return width >= height ? 0 : 1;
  };
  const order: BatchOrderOptions = {
    length: source.length,
    batchSize,
    seed,
    shuffle,
    dropLast,
    groupOf: groupByAspect ? groupOf : undefined,
    shard,
  };
  const batchesPerEpoch = batchCount(order);
  if (batchesPerEpoch === 0) {
    throw new InvalidArgumentError(
      'createLoader',
      'batchSize',
      batchSize,
      shard === undefined
        ? `at most ${source.length} samples with dropLast`
        : `less: ${source.length} samples make no batch for ${shard.count} workers`,
    );
  }
  const { onUnreadable = 'stop' } = options;
  const unreadable = new Map<string, UnreadablePicture>();
  const pool = new DecodePool(workers, options.decode);
  const after = ({ epoch, batch }: DataPosition): DataPosition =>
    batch + 1 < batchesPerEpoch ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 };

  return {
    batchesPerEpoch,
    shard,
    get unreadable() {
      return [...unreadable.values()];
    },
    batches: (from = START) => stream(from),
    close: () => pool.close(),
  };

  async function* stream(from: DataPosition): AsyncGenerator<Batch<S>, void, undefined> {
    const { signal } = options;
    const ahead: Upcoming<S>[] = [];
    let orders: { readonly epoch: number; readonly batches: readonly Int32Array[] } | undefined;
    let position = from.batch < batchesPerEpoch ? from : { epoch: from.epoch + 1, batch: 0 };
    const aborted = signal === undefined ? undefined : whenAborted(signal);
    /** The next batch with a picture in it. */
    const upcoming = async () => {
      for (let empty = 0; empty < batchesPerEpoch; empty++) {
        signal?.throwIfAborted();
        while (ahead.length < prefetch) {
          if (orders?.epoch !== position.epoch)
            orders = { epoch: position.epoch, batches: batchOrder(order, position.epoch) };
          const ready = prepare(position.epoch, position.batch, orders.batches[position.batch]!);
          // Its error is thrown when the batch's turn comes.
          ready.catch(() => {});
          ahead.push({ position, ready });
          position = after(position);
        }
        const { position: current, ready } = ahead.shift()!;
        const samples = await (aborted === undefined ? ready : Promise.race([ready, aborted.promise]));
        if (samples.length > 0) return { position: current, samples };
      }
      const { path, reason } = [...unreadable.values()][0]!;
      throw new ImageDecodeError(path, `${reason}; nor can any of the ${source.length} pictures of the whole epoch`);
    };
    try {
      let current = await upcoming();
      for (;;) {
        // Whether an epoch ends with this batch is known when it is known that those behind it are not all empty.
        const following = onUnreadable === 'stop' ? undefined : await upcoming();
        const { epoch } = current.position;
        const endsEpoch = following !== undefined && following.position.epoch > epoch;
        const next = endsEpoch ? { epoch: epoch + 1, batch: 0 } : after(current.position);
        yield toBatch(current.samples, current.position, next, options);
        current = following ?? (await upcoming());
      }
    } finally {
      aborted?.stop();
    }
  }

  async function prepare(epoch: number, batch: number, indices: Int32Array): Promise<PreparedSample<S>[]> {
    const prepared = await Promise.all(Array.from(indices, (index) => prepareSample(epoch, index)));
    const readable = prepared.filter((sample) => sample !== undefined);
    if (readable.length > 0 || shard === undefined) return readable;
    // Workers go in step, so none leaves out a batch: it takes a picture of another one, be it another worker's.
    const all = batchOrder({ ...order, batchSize: 1, shard: undefined }, epoch);
    for (const i of all.keys()) {
      const sample = await prepareSample(epoch, all[(batch + i) % all.length]![0]!);
      if (sample !== undefined) return [sample];
    }
    return [];
  }

  async function prepareSample(epoch: number, index: number): Promise<PreparedSample<S> | undefined> {
    const random = seededRandom(seed, 'sample', epoch, index);
    const indices = [index];
    if (drawsMosaic(augment, random)) for (let i = 0; i < 3; i++) indices.push(random.below(source.length));
    try {
      const samples = await Promise.all(indices.map((i) => source.get(i)));
      const needsGrey = (augment.colour?.contrast ?? 0) > 0;
      const pictures = await Promise.all(
        samples.map((sample, i) => decodeNamed(sample, indices[i]!, () => pool.decode(sample.image, needsGrey))),
      );
      const plan = planSample(augment, pictures, random);
      const objects = moveSample(
        samples.map((sample) => sample.objects as readonly S['objects'][number][]),
        plan,
        pictures,
        options.objects,
      );
      const sample = samples[0]!;
      const { height, width } = pictures[0]!;
      const batchSample = {
        name: nameOfSample(sample, index),
        index,
        sample,
        objects,
        ignore: moveIgnore(samples, plan),
        plan,
        original: { height, width },
      };
      return { batchSample, pictures };
    } catch (error) {
      if (!ImageDecodeError.isInstance(error) || onUnreadable === 'stop') throw error;
      const { path, reason } = error;
      unreadable.set(path, { path, reason });
      if (onUnreadable !== 'skip') onUnreadable(error);
      return undefined;
    }
  }
}

function toBatch<S extends Sample>(
  prepared: readonly PreparedSample<S>[],
  position: DataPosition,
  next: DataPosition,
  { multipleOf = 1, pixels = {} }: LoaderOptions<S>,
): Batch<S> {
  const samples = prepared.map(({ batchSample }) => batchSample);
  const up = (side: number) => Math.ceil(side / multipleOf) * multipleOf;
  const height = up(Math.max(...samples.map(({ plan }) => plan.height)));
  const width = up(Math.max(...samples.map(({ plan }) => plan.width)));
  const pictures = prepared.flatMap((sample) => sample.pictures);
  const placements: ImagePlacement[] = [];
  let first = 0;
  for (const [batch, { pictures: own, batchSample }] of prepared.entries()) {
    for (const { picture, forward, colour, top, left, bottom, right } of batchSample.plan.layers) {
      const place = { source: first + picture, batch, top, left, bottom, right, map: inverse(forward) };
      placements.push(colour === undefined ? place : { ...place, colour });
    }
    first += own.length;
  }
  const images = imageBatch(pictures, placements, { ...pixels, shape: [samples.length, height, width] });
  const sizes = samples.map(({ plan }) => [plan.height, plan.width] as const);
  return { ...position, next, images, sizes, samples, dispose: () => images.dispose() };
}

function moveIgnore(samples: readonly Sample[], plan: SamplePlan): PixelMask | undefined {
  let merged: PixelMask | undefined;
  for (const layer of plan.layers) {
    const ignore = samples[layer.picture]!.ignore;
    if (ignore === undefined) continue;
    const moved = moveMask(ignore, layer, plan);
    if (merged === undefined) merged = moved;
    else for (const [i, value] of moved.data.entries()) if (value !== 0) merged.data[i] = value;
  }
  return merged;
}

/** Pictures in memory have no path: their errors get the sample's name. */
async function decodeNamed<T>(sample: Sample, index: number, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    if (!ImageDecodeError.isInstance(error) || !error.path.startsWith('<')) throw error;
    throw new ImageDecodeError(nameOfSample(sample, index), error.reason, { cause: error.cause });
  }
}

function nameOfSample(sample: Sample, index: number): string {
  if (sample.name !== undefined) return sample.name;
  const name = nameOf(sample.image);
  return name === '<buffer>' ? `sample ${index}` : name;
}

function whenAborted(signal: AbortSignal): { readonly promise: Promise<never>; stop(): void } {
  let listener = () => {};
  const promise = new Promise<never>((_, reject) => {
    listener = () => reject(signal.reason);
    signal.addEventListener('abort', listener, { once: true });
  });
  promise.catch(() => {});
  return { promise, stop: () => signal.removeEventListener('abort', listener) };
}
