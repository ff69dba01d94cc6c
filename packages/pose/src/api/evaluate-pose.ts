/** Runs a pose estimator over a data set, and takes COCO's metric of what it finds. */

import type { CocoDetection } from '@icconv/coco';
import type { CocoData } from '@icconv/coco/node';
import {
  type EvaluateTaskOptions,
  evaluateOn,
  findInData,
  type ModelSource,
  type Runner,
  type RunnerOptions,
} from '@icconv/task';
import { poseCategory } from '../data/coco-poses';
import type { PoseEvaluation } from '../evaluation/score-poses';
import { POSE, type PoseTypes } from '../task/pose-task';

export interface EvaluatePoseOptions extends EvaluateTaskOptions<PoseTypes> {
  /** Name of the category. @defaultValue the one with the network's keypoints */
  readonly category?: string;
}

/**
 * Poses of every picture, as COCO's results: keypoints in pixels of the picture, the box around them, the pose's score.
 *
 * @throws InvalidArgumentError for a category that is not there; ImageDecodeError with the file that cannot be read.
 */
export async function estimateDataset(
  estimator: Pick<Runner<PoseTypes>, 'model' | 'stream'>,
  data: CocoData,
  { category, ...options }: EvaluatePoseOptions = {},
): Promise<CocoDetection[]> {
  return (await findInData(POSE, estimator, ofCategory(data, category), options)).records;
}

/**
 * COCO's keypoint metric of an estimator: `stats` holds AP, AP50, AP75, APmedium, APlarge, AR, ...; and the share of correct keypoints.
 *
 * @param estimator - one that runs, here or in another process; or what `createPoseEstimator` makes one from.
 * @example
 * ```ts
 * const { stats, pck } = await evaluatePose('runs/bees', { dataset, folder: 'images' });
 * ```
 */
export async function evaluatePose(
  estimator: Pick<Runner<PoseTypes>, 'model' | 'stream'> | ModelSource<PoseTypes>,
  data: CocoData,
  { category, ...options }: EvaluatePoseOptions & RunnerOptions = {},
): Promise<PoseEvaluation> {
  return evaluateOn(POSE, estimator, ofCategory(data, category), options);
}

/** Data of which only a category of this name counts. @throws InvalidArgumentError where it is not there. */
export function ofCategory(data: CocoData, category: string | undefined): CocoData {
  return category === undefined ? data : { ...data, categoryIds: [poseCategory(data.dataset, category).id] };
}
