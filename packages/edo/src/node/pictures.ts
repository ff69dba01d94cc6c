/** A folder's pictures as batches of one for the statistics, prepared as torchvision's detectors take them. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defined, FileError, ImageDecodeError, isPictureName } from '@icconv/base';
import { decodeImage } from '@icconv/base/pictures';
import { IMAGENET_RGB } from '@icconv/models';
import { type RgbImage, resizeNormalize, shortestSideSize } from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { SearchError } from '../errors/search-error';
import type { PictureSettings } from './search-schema';

/** What came of a folder's pictures. */
export interface SearchPictures {
  readonly folder: string;
  /** In the folder, and of these chosen. */
  readonly found: number;
  readonly chosen: number;
  /** Chosen ones that could not be read; filled as they are. */
  readonly skipped: readonly SkippedPicture[];
}

export interface SkippedPicture {
  readonly name: string;
  readonly reason: string;
}

/** Told while pictures are read. */
export interface PictureWatcher {
  /** Before the first. */
  readonly onPictures?: (pictures: SearchPictures) => void;
  /** After each, left-out ones too. */
  readonly onPicture?: (done: number, total: number) => void;
  readonly onSkipped?: (picture: SkippedPicture) => void;
  readonly signal?: AbortSignal;
}

export interface OpenPictures {
  readonly batches: AsyncIterable<Tensor4D>;
  readonly told: SearchPictures;
}

/** @throws {@link SearchError} for a folder without pictures, FileError for one that cannot be read. */
export async function openPictures(data: PictureSettings, watcher: PictureWatcher): Promise<OpenPictures> {
  const folder = data.images;
  const names = await readdir(folder).catch((error: unknown) => {
    throw FileError.from(folder, 'its pictures cannot be listed', error);
  });
  const found = names.filter(isPictureName).sort();
  if (found.length === 0) throw new SearchError(`${folder} holds no pictures, which data.images is to name`);
  const chosen = found.slice(0, data.count);
  const skipped: SkippedPicture[] = [];
  const told = { folder, found: found.length, chosen: chosen.length, skipped };
  watcher.onPictures?.(told);
  return { batches: pictures(chosen, data, skipped, watcher), told };
}

async function* pictures(
  names: readonly string[],
  settings: PictureSettings,
  skipped: SkippedPicture[],
  { onPicture, onSkipped, signal }: PictureWatcher,
): AsyncGenerator<Tensor4D> {
  const { images: folder, onUnreadable = 'stop', tolerateDamage = false } = settings;
  const decoding = { tolerateDamage, ...defined({ signal }) };
  for (const [i, name] of names.entries()) {
    const picture = await decodeImage(join(folder, name), decoding).catch((error: unknown) => {
      if (onUnreadable === 'stop' || !ImageDecodeError.isInstance(error)) throw error;
      const left = { name, reason: error.reason };
      skipped.push(left);
      onSkipped?.(left);
      if (skipped.length === names.length) throw error;
    });
    onPicture?.(i + 1, names.length);
    if (picture !== undefined) yield prepared(picture, settings);
  }
}

/** Sides are padded to the coarsest stride. */
const PIXELS = { mean: IMAGENET_RGB.mean, std: IMAGENET_RGB.deviation, multipleOf: 32 } as const;

/**
 * One picture: shorter side `minSize` unless the longer one would exceed `maxSize`, sides cut to whole pixels, normalised, padded by zeros
 * at the bottom and on the right.
 *
 * Source: pytorch/vision torchvision/models/detection/transform.py (`GeneralizedRCNNTransform`).
 *
 * @returns float32 [1, H, W, 3]. The caller disposes it.
 */
export function prepared(
  picture: RgbImage,
  { minSize: shortest, maxSize: longest }: Pick<PictureSettings, 'minSize' | 'maxSize'>,
): Tensor4D {
  const size = shortestSideSize(picture.height, picture.width, { shortest, longest, rounding: 'floor' });
  return resizeNormalize([picture], { size, ...PIXELS });
}
