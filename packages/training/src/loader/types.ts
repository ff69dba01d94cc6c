import type { ImageDecodeError, PictureSize } from '@icconv/base';
import type { DecodeOptions, ImageInput } from '@icconv/base/pictures';
import type { PixelOptions } from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { AugmentConfig } from '../augment/config';
import type { ObjectRules, PixelMask, SampleObject } from '../augment/objects';
import type { SamplePlan } from '../augment/plan';

/** One training picture with what is annotated in it; further fields go along unchanged. */
export interface Sample<O extends SampleObject = SampleObject> {
  readonly image: ImageInput;
  /** For messages. @defaultValue the path, else the index */
  readonly name?: string;
  /** May be empty. */
  readonly objects: readonly O[];
  /** Pixels that are not to be learned from, as large as the picture; moves with it. */
  readonly ignore?: PixelMask;
}

/** Samples by index. */
export interface SampleSource<S extends Sample> {
  readonly length: number;
  get(index: number): S | Promise<S>;
  /** Of the upright picture; needed for grouping by aspect ratio. */
  size?(index: number): PictureSize;
}

/** A place in the endless row of batches: the next one is `batch` of `epoch`. */
export interface DataPosition {
  readonly epoch: number;
  readonly batch: number;
}

export interface BatchSample<S extends Sample> {
  readonly name: string;
  readonly index: number;
  readonly sample: S;
  /** Moved with the pixels, in pixels of the output. */
  readonly objects: S['objects'][number][];
  readonly ignore: PixelMask | undefined;
  readonly plan: SamplePlan;
  /** Of the picture before everything. */
  readonly original: PictureSize;
}

export interface Batch<S extends Sample> extends DataPosition {
  /** float32 [N, H, W, 3]; {@link Batch.dispose} frees it. */
  readonly images: Tensor4D;
  /** Height and width of each picture without the padding at its right and bottom. */
  readonly sizes: readonly (readonly [height: number, width: number])[];
  readonly samples: readonly BatchSample<S>[];
  /** Where to go on after this batch. */
  readonly next: DataPosition;
  dispose(): void;
}

/** One worker's part of the data. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

export interface LoaderOptions<S extends Sample> {
  readonly source: SampleSource<S>;
  /** Of this worker. */
  readonly batchSize: number;
  /**
   * Take a part of each epoch's order, by which several workers share it: together their batches are those of one worker with `count` times
   * the batch size. Of a last batch that is not full each has the same number; the up to `count - 1` samples that are left over are not
   * seen in that epoch. @defaultValue everything
   */
  readonly shard?: Shard;
  /** Of order and augmentation. @defaultValue `0` */
  readonly seed?: number;
  /** @defaultValue `true` */
  readonly shuffle?: boolean;
  /** Leave out a last batch that is not full. @defaultValue `false` */
  readonly dropLast?: boolean;
  /** Keep upright and wide pictures in batches of their own, which saves padding. Needs `source.size`. @defaultValue `false` */
  readonly groupByAspect?: boolean;
  /** @defaultValue none */
  readonly augment?: AugmentConfig;
  /** Normalisation and sampling. @defaultValue raw values of 0 to 255 */
  readonly pixels?: PixelOptions;
  /** Height and width of a batch are rounded up to a multiple of this. @defaultValue `1` */
  readonly multipleOf?: number;
  /** What happens to objects at the border. */
  readonly objects?: ObjectRules;
  readonly decode?: Omit<DecodeOptions, 'signal'>;
  /** Threads that decode; 0 for none. @defaultValue one less than processors, 1 to 4 */
  readonly workers?: number;
  /** Batches that are decoded ahead: the memory bound. @defaultValue `2` */
  readonly prefetch?: number;
  /**
   * Pictures that cannot be read are errors, or are left out of their batch and listed in {@link Loader.unreadable}; a function is told each
   * time. @defaultValue `'stop'`
   */
  readonly onUnreadable?: 'stop' | 'skip' | ((error: ImageDecodeError) => void);
  readonly signal?: AbortSignal;
}

/** A picture that was left out, and why. */
export interface UnreadablePicture {
  readonly path: string;
  readonly reason: string;
}

export interface Loader<S extends Sample> {
  readonly batchesPerEpoch: number;
  /** As it was given. */
  readonly shard: Shard | undefined;
  /** Pictures that were left out so far, each once. */
  readonly unreadable: readonly UnreadablePicture[];
  /** Batches from a position on, over all epochs, without end. */
  batches(from?: DataPosition): AsyncGenerator<Batch<S>, void, undefined>;
  /** Ends the threads. */
  close(): Promise<void>;
}
