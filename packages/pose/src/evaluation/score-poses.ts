/** What was found as COCO's results, COCO's metric of it, and the share of correct keypoints. */
import { type CocoDetection, type CocoId, CocoResults, type Evaluation, evaluate, formatSummary } from '@icconv/coco';
import type { BoundData, ScoreOptions } from '@icconv/task';
import type { PoseConfig } from '../config/pose-config';
import type { PoseResult } from '../estimator/types';
import { correctKeypoints } from './pck';

export interface PoseEvaluation extends Evaluation {
  /** Share of labelled keypoints within a tenth of the object's size of the keypoint found for it, see `correctKeypoints`. */
  readonly pck: number;
}

/** Keypoints in pixels of the picture, the box around them, the pose's score. */
export function poseRecords({ poses }: PoseResult, imageId: CocoId, categoryId: CocoId): CocoDetection[] {
  return poses.map(({ keypoints, score, box: [x1, y1, x2, y2] }) => ({
    image_id: imageId,
    category_id: categoryId,
    keypoints: keypoints.flatMap((point) => [point.x, point.y, point.score]),
    bbox: [x1, y1, x2 - x1, y2 - y1],
    score,
  }));
}

/**
 * COCO's keypoint metric of results, with the skeleton's sigmas: `stats` holds AP, AP50, AP75, APmedium, APlarge, AR, ...
 *
 * @param options.maxDetections - COCO's 20 by default, or as many as the fullest picture holds.
 */
export function scorePoses(
  records: readonly CocoDetection[],
  { dataset, imageIds, categoryIds }: BoundData,
  { skeleton }: PoseConfig,
  options: ScoreOptions = {},
): PoseEvaluation {
  const categoryId = categoryIds[0]!;
  const imgIds = imageIds ?? dataset.getImgIds();
  const persons = (id: CocoId) => dataset.getAnnIds({ imgIds: id, catIds: categoryId }).length;
  // One by one: a call takes some 10^5 arguments at most, and data may have more pictures.
  const fullest = imgIds.reduce((most: number, id) => Math.max(most, persons(id)), 0);
  const evaluation = evaluate(dataset, CocoResults.parse(records as CocoDetection[]), {
    iouType: 'keypoints',
    sigmas: skeleton.sigmas,
    maxDets: [options.maxDetections ?? Math.max(20, fullest)],
    imgIds,
    catIds: [categoryId],
  });
  const pck = correctKeypoints(records, dataset, { categoryId, imageIds: imgIds });
  return Object.assign(Object.create(Object.getPrototypeOf(evaluation)), evaluation, { pck }) as PoseEvaluation;
}

/** COCO's table, and what it does not have. */
export function formatPoses(evaluation: PoseEvaluation, { skeleton }: PoseConfig): string {
  const sigmas = [...new Set(skeleton.sigmas)];
  const pck = " PCK at 0.1 of the object's longer side                                      = ";
  const falloff =
    sigmas.length === 1 ? `${sigmas[0]} for all keypoints` : skeleton.sigmas.map((v) => v.toFixed(3)).join(' ');
  return `${formatSummary(evaluation)}\n${pck}${evaluation.pck.toFixed(3)}\n\nsigmas of OKS: ${falloff}`;
}
