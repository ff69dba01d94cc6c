/** Options of an evaluation and their defaults: those of pycocotools' Params. */
import type { CocoDataset } from '../data/dataset';
import { CocoArgumentError } from '../errors';
import { canonicalId, compareIds } from '../format/ids';
import type { CocoId } from '../format/types';

/** What is compared: boxes, masks, or keypoints by object keypoint similarity (OKS). */
export type IouType = 'bbox' | 'segm' | 'keypoints';

export interface EvaluateOptions {
  readonly iouType: IouType;
  /** Overlaps from which a detection counts as a match, ascending. @defaultValue 0.5, 0.55, ..., 0.95 */
  readonly iouThrs?: readonly number[];
  /** Recalls at which precision is read off, ascending. @defaultValue 0, 0.01, ..., 1 */
  readonly recThrs?: readonly number[];
  /** Detections taken from an image and category, highest scores first. @defaultValue 1, 10, 100; keypoints: 20 */
  readonly maxDets?: readonly number[];
  /** Object sizes told apart: label to [least, largest area] in pixels. @defaultValue all, small, medium, large; keypoints: all, medium, large */
  readonly areaRng?: Readonly<Record<string, readonly [number, number]>>;
  /** False: categories are ignored, any detection may match any object. @defaultValue true */
  readonly useCats?: boolean;
  /** Images to evaluate. @defaultValue all of the ground truth */
  readonly imgIds?: readonly (CocoId | bigint)[];
  /** Categories to evaluate. @defaultValue all of the ground truth */
  readonly catIds?: readonly (CocoId | bigint)[];
  /** Falloff of each keypoint; its length is the number of keypoints. @defaultValue COCO's 17 */
  readonly sigmas?: readonly number[];
  /** `crowdpose` takes 0.53 of the box as area, reports no sizes but AP by `crowdIndex` of the images (up to 0.2, 0.8, above). @defaultValue 'coco' */
  readonly protocol?: 'coco' | 'crowdpose';
  /** `pycocotools` repeats its known faults instead of the right answer; see the README. @defaultValue 'none' */
  readonly compat?: 'none' | 'pycocotools';
  /** Detections of images that the ground truth lacks: refuse the results, or leave those out. @defaultValue 'error' */
  readonly unknownImages?: 'error' | 'ignore';
}

/** Options made complete. */
export interface EvaluationParams {
  readonly iouType: IouType;
  readonly iouThrs: readonly number[];
  readonly recThrs: readonly number[];
  readonly maxDets: readonly number[];
  readonly areaRng: readonly (readonly [number, number])[];
  readonly areaRngLbl: readonly string[];
  readonly useCats: boolean;
  readonly imgIds: readonly CocoId[];
  readonly catIds: readonly CocoId[];
  readonly sigmas: readonly number[];
  readonly protocol: 'coco' | 'crowdpose';
  readonly compat: 'none' | 'pycocotools';
  readonly unknownImages: 'error' | 'ignore';
}

/** COCO's per-keypoint falloffs: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles. */
export const COCO_SIGMAS: readonly number[] = [
  0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89,
].map((s) => s / 10);

/** CrowdPose's 14: shoulders, elbows, wrists, hips, knees, ankles, head, neck. */
export const CROWDPOSE_SIGMAS: readonly number[] = [
  0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89, 0.79, 0.79,
].map((s) => s / 10);

/** COCO's object sizes in pixels. */
export const AREAS: Readonly<Record<'all' | 'small' | 'medium' | 'large', readonly [number, number]>> = {
  all: [0, 1e10],
  small: [0, 1024],
  medium: [1024, 9216],
  large: [9216, 1e10],
};

/** numpy's linspace, digit for digit: the thresholds decide by `<`. */
function linspace(start: number, stop: number, count: number): number[] {
  const step = (stop - start) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? stop : i * step + start));
}

/** @throws {@link CocoArgumentError} for values that no evaluation can use. */
export function completeParams(options: EvaluateOptions, gt: CocoDataset): EvaluationParams {
  const { iouType } = options;
  const op = 'evaluate';
  if (iouType !== 'bbox' && iouType !== 'segm' && iouType !== 'keypoints') {
    throw new CocoArgumentError(op, 'iouType', iouType, "'bbox', 'segm' or 'keypoints'");
  }
  const keypoints = iouType === 'keypoints';
  const protocol = options.protocol ?? 'coco';
  if (protocol === 'crowdpose' && !keypoints) {
    throw new CocoArgumentError(op, 'protocol', protocol, "'coco' unless iouType is 'keypoints'");
  }
  const iouThrs = options.iouThrs ?? linspace(0.5, 0.95, 10);
  const recThrs = options.recThrs ?? linspace(0, 1, 101);
  const maxDets = [...(options.maxDets ?? (keypoints ? [20] : [1, 10, 100]))].sort((a, b) => a - b);
  checkAscending(op, 'iouThrs', iouThrs);
  checkAscending(op, 'recThrs', recThrs);
  if (maxDets.length === 0 || maxDets.some((m) => !Number.isInteger(m) || m < 1)) {
    throw new CocoArgumentError(op, 'maxDets', options.maxDets, 'positive integers');
  }
  const areas = options.areaRng ?? defaultAreas(keypoints, protocol);
  for (const [label, range] of Object.entries(areas)) {
    if (range.length !== 2 || !(range[0] <= range[1])) {
      throw new CocoArgumentError(op, `areaRng.${label}`, range, '[least, largest] in pixels');
    }
  }
  if (Object.keys(areas).length === 0) throw new CocoArgumentError(op, 'areaRng', '{}', 'at least one range');
  const sigmas = options.sigmas ?? (protocol === 'crowdpose' ? CROWDPOSE_SIGMAS : COCO_SIGMAS);
  if (sigmas.length === 0 || sigmas.some((s) => !(s > 0))) {
    throw new CocoArgumentError(op, 'sigmas', sigmas, 'positive numbers, one for each keypoint');
  }
  return {
    iouType,
    iouThrs,
    recThrs,
    maxDets,
    areaRng: Object.values(areas),
    areaRngLbl: Object.keys(areas),
    useCats: options.useCats ?? true,
    imgIds: sortedUnique(options.imgIds ?? gt.getImgIds()),
    catIds: sortedUnique(options.catIds ?? defaultCategories(gt)),
    sigmas,
    protocol,
    compat: options.compat ?? 'none',
    unknownImages: options.unknownImages ?? 'error',
  };
}

function defaultAreas(keypoints: boolean, protocol: string): Readonly<Record<string, readonly [number, number]>> {
  const { all, medium, large } = AREAS;
  if (protocol === 'crowdpose') return { all };
  return keypoints ? { all, medium, large } : AREAS;
}

/** The categories list; a file without one has those that its annotations name. */
function defaultCategories(gt: CocoDataset): CocoId[] {
  return gt.categories.length > 0 ? gt.getCatIds() : [...gt.columns.annotations.categoryIds];
}

function sortedUnique(ids: readonly (CocoId | bigint)[]): CocoId[] {
  return [...new Set(ids.map(canonicalId))].sort(compareIds);
}

function checkAscending(op: string, parameter: string, values: readonly number[]): void {
  const bad = values.length === 0 || values.some((v, i) => !(v >= 0 && v <= 1) || (i > 0 && v < values[i - 1]!));
  if (bad) throw new CocoArgumentError(op, parameter, values, 'ascending numbers in [0, 1]');
}
