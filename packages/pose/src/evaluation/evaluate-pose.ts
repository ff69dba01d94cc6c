/** Runs a pose estimator over a COCO data set and takes COCO's metric of what it finds, and the share of correct keypoints. */

import { setImmediate } from 'node:timers/promises';
import { decodeAhead } from '@icconv/base/pictures';
import {
  type CocoDataset,
  type CocoDetection,
  type CocoId,
  CocoResults,
  type Evaluation,
  evaluate,
} from '@icconv/coco';
import { pictureFiles } from '@icconv/coco/node';
import type { StateDict } from '@icconv/models';
import type { PoseConfig } from '../config/pose-config';
import { checkKeypoints, poseCategory } from '../data/coco-poses';
import { estimatePicture } from '../estimator/estimate-picture';
import type { EstimateOptions, PoseResult } from '../estimator/types';
import { type CompiledPose, compilePose } from '../network/compile-pose';
import { correctKeypoints } from './pck';

export interface EvaluatePoseOptions extends Pick<EstimateOptions, 'flip' | 'scales' | 'batchSize' | 'signal'> {
  /** Where the pictures lie. */
  readonly folder: string;
  /** Name of the category. @defaultValue the only one that has keypoints */
  readonly category?: string;
  /** Only these pictures. @defaultValue all */
  readonly imageIds?: readonly CocoId[];
  /** Detections a picture that count. @defaultValue COCO's 20, or as many as the fullest picture holds */
  readonly maxDetections?: number;
  /** Pictures that cannot be read are errors, or have no poses. @defaultValue `'stop'` */
  readonly onUnreadable?: 'stop' | 'skip';
  /** Damaged pictures are taken as far as they can be read, the rest grey. @defaultValue `false` */
  readonly tolerateDamage?: boolean;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface PoseEvaluation extends Evaluation {
  /** Share of labelled keypoints within a tenth of the object's size of the keypoint found for it, see `correctKeypoints`. */
  readonly pck: number;
}

/**
 * Poses of every picture, as COCO's results: keypoints in pixels of the picture, the box around them, the pose's score.
 *
 * @throws {@link InvalidArgumentError} for a category that is not there; ImageDecodeError with the file that cannot be read.
 */
export async function estimateDataset(
  network: Pick<CompiledPose, 'forward'>,
  config: PoseConfig,
  dataset: CocoDataset,
  options: EvaluatePoseOptions,
): Promise<CocoDetection[]> {
  const { folder, category, imageIds, batchSize = 4, onProgress, signal, ...rest } = options;
  const { onUnreadable, tolerateDamage = false, ...how } = rest;
  const found = poseCategory(dataset, category);
  checkKeypoints(config.skeleton, found);
  const pictures = pictureFiles({ dataset, folder, ...(imageIds !== undefined && { imageIds }) });
  const results: CocoDetection[] = [];
  const paths = pictures.map(({ image }) => image);
  const decode = { tolerateDamage, ahead: batchSize, ...(signal !== undefined && { signal }) };
  let done = 0;
  for await (const picture of decodeAhead(paths, decode)) {
    const { imageId } = pictures[done]!;
    if (!(picture instanceof Error)) {
      const { poses } = estimatePicture(network, picture, config, how);
      results.push(...toResults(poses, imageId, found.id));
    } else if (onUnreadable !== 'skip') throw picture;
    done++;
    onProgress?.({ done, total: pictures.length });
    await setImmediate();
  }
  return results;
}

function toResults(poses: PoseResult['poses'], imageId: CocoId, categoryId: CocoId): CocoDetection[] {
  return poses.map(({ keypoints, score, box: [x1, y1, x2, y2] }) => ({
    image_id: imageId,
    category_id: categoryId,
    keypoints: keypoints.flatMap((point) => [point.x, point.y, point.score]),
    bbox: [x1, y1, x2 - x1, y2 - y1],
    score,
  }));
}

/** COCO's keypoint metric of results, with the skeleton's sigmas. */
export function evaluatePoses(
  results: readonly CocoDetection[],
  config: PoseConfig,
  dataset: CocoDataset,
  options: Pick<EvaluatePoseOptions, 'category' | 'imageIds' | 'maxDetections'> = {},
): PoseEvaluation {
  const category = poseCategory(dataset, options.category);
  checkKeypoints(config.skeleton, category);
  const imgIds = options.imageIds ?? dataset.getImgIds();
  const persons = (id: CocoId) => dataset.getAnnIds({ imgIds: id, catIds: category.id }).length;
  // One by one: a call takes some 10^5 arguments at most, and data may have more pictures.
  const fullest = imgIds.reduce((most: number, id) => Math.max(most, persons(id)), 0);
  const maxDetections = options.maxDetections ?? Math.max(20, fullest);
  const evaluation = evaluate(dataset, CocoResults.parse(results as CocoDetection[]), {
    iouType: 'keypoints',
    sigmas: config.skeleton.sigmas,
    maxDets: [maxDetections],
    imgIds,
    catIds: [category.id],
  });
  const pck = correctKeypoints(results, dataset, { categoryId: category.id, imageIds: imgIds });
  return Object.assign(Object.create(Object.getPrototypeOf(evaluation)), evaluation, { pck }) as PoseEvaluation;
}

/** Compiles the weights, estimates, and evaluates: `stats` holds AP, AP50, AP75, APmedium, APlarge, AR, ... */
export async function evaluatePose(
  weights: Readonly<StateDict>,
  config: PoseConfig,
  dataset: CocoDataset,
  options: EvaluatePoseOptions,
): Promise<PoseEvaluation> {
  const network = compilePose(weights, config);
  try {
    return evaluatePoses(await estimateDataset(network, config, dataset, options), config, dataset, options);
  } finally {
    network.dispose();
  }
}
