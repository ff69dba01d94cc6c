/** The ground truth made ready: areas and ignore flags settled, grouped, positives counted. */
import { keypointsOf } from '../data/annotation-builder';
import type { CocoDataset } from '../data/dataset';
import { CocoMismatchError } from '../errors';
import { HAS } from '../json/record';
import { rleArea } from '../masks/rle';
import { type Grouped, group, Places } from './group';
import type { EvaluationParams } from './params';

/** Part of its box that a person fills on average, by CrowdPose's evaluation; used where no area is given. */
const BOX_TO_PERSON_AREA = 0.53;

/** K categories, A area ranges. */
export interface GroundTruth {
  readonly dataset: CocoDataset;
  readonly places: Places;
  readonly grouped: Grouped;
  /** By row: area in pixels, and whether the object counts neither as found nor as missed. */
  readonly area: Float64Array;
  readonly ignore: Uint8Array;
  readonly crowd: Uint8Array;
  /** By row: 1 where a match with it counts as none (pycocotools' annotation id 0). */
  readonly nameless: Uint8Array | undefined;
  /** Objects to be found, int32 [K, A]. */
  readonly positives: Int32Array;
}

export function prepareGroundTruth(dataset: CocoDataset, params: EvaluationParams): GroundTruth {
  const { annotations } = dataset.columns;
  const compat = params.compat === 'pycocotools';
  const places = new Places(params);
  const grouped = group(annotations, places, compat ? pycocotoolsSequence(dataset, params) : undefined);
  const area = new Float64Array(annotations.count);
  const ignore = new Uint8Array(annotations.count);
  const rangeCount = params.areaRng.length;
  const positives = new Int32Array((grouped.start.length - 1) * rangeCount);
  for (let k = 0; k + 1 < grouped.start.length; k++) {
    for (let i = grouped.start[k]!; i < grouped.start[k + 1]!; i++) {
      const row = grouped.rows[i]!;
      area[row] = areaOf(dataset, row, params);
      ignore[row] = isIgnored(dataset, row, params) ? 1 : 0;
      if (ignore[row] === 1) continue;
      for (let a = 0; a < rangeCount; a++) {
        const [low, high] = params.areaRng[a]!;
        if (!(area[row]! < low || area[row]! > high)) positives[k * rangeCount + a]!++;
      }
    }
  }
  const nameless =
    compat && annotations.id.includes(0) ? Uint8Array.from(annotations.id, (id) => (id === 0 ? 1 : 0)) : undefined;
  return { dataset, places, grouped, area, ignore, crowd: annotations.iscrowd, nameless, positives };
}

function isIgnored(dataset: CocoDataset, row: number, params: EvaluationParams): boolean {
  const { annotations } = dataset.columns;
  if (annotations.iscrowd[row] === 1) return true;
  // pycocotools overwrites `ignore` by `iscrowd`.
  if (params.compat !== 'pycocotools' && annotations.ignore[row] === 1) return true;
  if (params.iouType !== 'keypoints') return false;
  if (annotations.numKeypoints[row]! >= 0) return annotations.numKeypoints[row] === 0;
  const keypoints = keypointsOf(annotations, row);
  for (let i = 2; i < keypoints.length; i += 3) if (keypoints[i]! > 0) return false;
  return true;
}

function areaOf(dataset: CocoDataset, row: number, params: EvaluationParams): number {
  const { annotations } = dataset.columns;
  const boxArea = annotations.bbox[row * 4 + 2]! * annotations.bbox[row * 4 + 3]!;
  if (params.protocol === 'crowdpose') return boxArea * BOX_TO_PERSON_AREA;
  const given = annotations.area[row]!;
  if (params.compat === 'pycocotools') {
    if (!Number.isNaN(given)) return given;
    const id = dataset.annotationId(row) ?? row;
    throw new CocoMismatchError(`annotation ${id} has no area, without which pycocotools fails; leave out compat`);
  }
  // An area of 0 on an object of some size is a converter's placeholder: it would make every OKS 0 and every object small.
  if (given > 0) return given;
  if (annotations.segments !== undefined && annotations.segments.kind[row] !== 0) {
    const filled = rleArea(dataset.rleOfRow(row));
    if (filled > 0) return filled;
  }
  if ((annotations.present[row]! & HAS.bbox) === 0) return !Number.isNaN(given) ? given : 0;
  return params.iouType === 'keypoints' ? boxArea * BOX_TO_PERSON_AREA : boxArea;
}

/** pycocotools walks images in order and takes, for each annotation, the last one that has its id. */
function pycocotoolsSequence(dataset: CocoDataset, params: EvaluationParams): Int32Array {
  const { annotations } = dataset.columns;
  const last = new Map<unknown, number>();
  for (let row = 0; row < annotations.count; row++) last.set(dataset.annotationId(row) ?? `row ${row}`, row);
  const rows = dataset.rows({ imgIds: params.imgIds, ...(params.useCats && { catIds: params.catIds }) });
  return Int32Array.from(rows, (row) => last.get(dataset.annotationId(row) ?? `row ${row}`)!);
}
