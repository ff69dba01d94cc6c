/** Runs a detector over a COCO data set and takes COCO's metric of what it finds. */
import { setImmediate } from 'node:timers/promises';
import { decodeAhead } from '@icconv/base/pictures';
import { type CocoDataset, type CocoDetection, type CocoId, categoriesByName, type Evaluation } from '@icconv/coco';
import type { StateDict } from '@icconv/models';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { classNames, cocoSamples } from '../data/coco-samples';
import { detectPicture } from '../detector/detect-picture';
import { type CompiledFasterRcnn, compileFasterRcnn } from '../network/compile-faster-rcnn';
import { scoreDetections } from './score-detections';

export interface DetectDatasetOptions {
  /** Where the pictures lie. */
  readonly folder: string;
  /** Names of the detector's classes by number. @defaultValue the data set's categories by ascending id */
  readonly classes?: readonly string[];
  /**
   * Category of each class number, instead of looking for the classes' names; ids that the data set lacks are left out of the metric, and
   * detections of classes without an id out of the results.
   */
  readonly categoryIds?: readonly (CocoId | undefined)[];
  /** Only these pictures. @defaultValue all */
  readonly imageIds?: readonly CocoId[];
  /**
   * Pictures that are decoded while the network is busy with one. No result depends on it: the network sees one after the other, exactly as
   * `detect` does. @defaultValue `4`
   */
  readonly batchSize?: number;
  /** Pictures that cannot be read are errors, or have no detections. @defaultValue `'stop'` */
  readonly onUnreadable?: 'stop' | 'skip';
  /** Damaged pictures are taken as far as they can be read, the rest grey. @defaultValue `false` */
  readonly tolerateDamage?: boolean;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

/**
 * Detections of every picture, as COCO's results: boxes [x, y, width, height] in pixels of the picture, category ids of the data set. Those
 * of classes that the data set lacks are left out.
 *
 * @throws {@link InvalidArgumentError} where ids and the network's classes do not fit; ImageDecodeError with the file that cannot be read.
 */
export async function detectDataset(
  detector: CompiledFasterRcnn,
  config: FasterRcnnConfig,
  dataset: CocoDataset,
  options: DetectDatasetOptions,
): Promise<CocoDetection[]> {
  const { folder, batchSize = 4, imageIds, onUnreadable, tolerateDamage = false, onProgress, signal } = options;
  const ids = idsOf(dataset, options);
  if (ids.length !== config.classes) {
    throw new InvalidArgumentError('detectDataset', 'classes', ids, `one for each of the network's ${config.classes}`);
  }
  const source = cocoSamples(dataset, { folder, categoryIds: [], ...(imageIds !== undefined && { imageIds }) });
  const samples = await Promise.all(Array.from({ length: source.length }, (_, index) => source.get(index)));
  const paths = samples.map(({ image }) => image);
  const results: CocoDetection[] = [];
  const decode = { tolerateDamage, ahead: batchSize, ...(signal !== undefined && { signal }) };
  let done = 0;
  for await (const picture of decodeAhead(paths, decode)) {
    if (picture instanceof Error && onUnreadable !== 'skip') throw picture;
    const { imageId } = samples[done]!;
    for (const { box, score, classId } of picture instanceof Error ? [] : detectPicture(detector, picture, config)) {
      const id = ids[classId];
      if (id === undefined) continue;
      const [x1, y1, x2, y2] = box;
      results.push({ image_id: imageId, category_id: id, bbox: [x1, y1, x2 - x1, y2 - y1], score });
    }
    done++;
    onProgress?.({ done, total: samples.length });
    await setImmediate();
  }
  return results;
}

function idsOf(dataset: CocoDataset, options: DetectDatasetOptions): readonly (CocoId | undefined)[] {
  return options.categoryIds ?? categoriesByName(dataset, options.classes ?? classNames(dataset));
}

/**
 * Compiles the weights, detects, and evaluates: `stats` holds AP, AP50, AP75, APsmall, ..., AR100. Categories that are none of the
 * detector's classes do not count.
 */
export async function evaluateDetector(
  weights: Readonly<StateDict>,
  config: FasterRcnnConfig,
  dataset: CocoDataset,
  options: DetectDatasetOptions,
): Promise<Evaluation> {
  const detector = compileFasterRcnn(weights, config);
  try {
    const results = await detectDataset(detector, config, dataset, options);
    const { imageIds } = options;
    return scoreDetections(results, dataset, {
      categoryIds: idsOf(dataset, options),
      ...(imageIds !== undefined && { imageIds }),
    });
  } finally {
    detector.dispose();
  }
}
