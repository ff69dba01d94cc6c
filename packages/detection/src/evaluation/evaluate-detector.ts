/** Runs a detector over a COCO data set and takes COCO's metric of what it finds. */
import { type CocoDataset, type CocoDetection, type CocoId, categoriesByName, type Evaluation } from '@icconv/coco';
import type { StateDict } from '@icconv/models';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { classNames, cocoSamples } from '../data/coco-samples';
import { createDetectorLoader } from '../data/detector-loader';
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
  /** @defaultValue `1` */
  readonly batchSize?: number;
  /** Threads that decode. @defaultValue one less than processors, 1 to 4 */
  readonly workers?: number;
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
  const { folder, batchSize = 1, workers, onProgress, signal } = options;
  const ids = idsOf(dataset, options);
  if (ids.length !== config.classes) {
    throw new InvalidArgumentError('detectDataset', 'classes', ids, `one for each of the network's ${config.classes}`);
  }
  const { imageIds } = options;
  const source = cocoSamples(dataset, { folder, categoryIds: [], ...(imageIds !== undefined && { imageIds }) });
  const loader = createDetectorLoader(config.input, {
    source,
    batchSize,
    shuffle: false,
    ...(workers !== undefined && { workers }),
    ...(signal !== undefined && { signal }),
  });
  const results: CocoDetection[] = [];
  let done = 0;
  try {
    for await (const batch of loader.batches()) {
      const found = detector.detect(batch.images, batch.sizes);
      for (const [i, { boxes, scores, classes: labels }] of found.entries()) {
        const { original, sample } = batch.samples[i]!;
        const [height, width] = batch.sizes[i]!;
        const [toX, toY] = [original.width / width, original.height / height];
        const [corners, score, label] = [boxes.dataSync(), scores.dataSync(), labels.dataSync()];
        for (let row = 0; row < score.length; row++) {
          const [x1, y1, x2, y2] = corners.subarray(4 * row, 4 * row + 4) as unknown as [
            number,
            number,
            number,
            number,
          ];
          const id = ids[label[row]!];
          if (id === undefined) continue;
          results.push({
            image_id: sample.imageId,
            category_id: id,
            bbox: [x1 * toX, y1 * toY, (x2 - x1) * toX, (y2 - y1) * toY],
            score: score[row]!,
          });
        }
      }
      tf.dispose(found.map(({ boxes, scores, classes: labels }) => [boxes, scores, labels]));
      batch.dispose();
      done += batch.samples.length;
      onProgress?.({ done, total: source.length });
      if (batch.next.epoch > 0) break;
    }
  } finally {
    await loader.close();
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
