/** What an evaluation left out, or counts in a way that may surprise. */
import type { AnnotationColumns } from '../data/annotation-builder';
import { BOX_FORMS, boxForm } from '../data/box-form';
import type { CocoDataset } from '../data/dataset';
import type { ResultColumns } from '../data/results';
import { categoryHint, listedIds, type UnknownIds, unknownCategories, unknownImages } from '../data/unknown-ids';
import { CocoMismatchError } from '../errors';
import type { CocoId } from '../format/types';
import { HAS } from '../json/record';
import type { GroundTruth } from './ground-truth';
import type { EvaluationParams } from './params';

export interface EvaluationWarning {
  readonly kind:
    | 'result-unknown-image'
    | 'result-unknown-category'
    | 'unknown-image'
    | 'unknown-category'
    | 'duplicate-image-id'
    | 'result-box-form'
    | 'box-form'
    | 'nothing-to-score'
    | 'no-extent'
    | 'empty-box';
  /** Detections or annotations. */
  readonly count: number;
  /** Ids of the first few: of the images or categories that are unknown, else of the annotations. */
  readonly examples: readonly CocoId[];
  readonly message: string;
}

const EXAMPLES = 5;

/** @throws {@link CocoMismatchError} where detections are left out and none remains. */
export function warningsOf(dataset: CocoDataset, results: ResultColumns, truth: GroundTruth): EvaluationWarning[] {
  const images = unknownImages(dataset, results);
  const categories = unknownCategories(dataset, results);
  return [
    ...resultWarnings(results.count, images, categories),
    ...formWarning('result-box-form', 'detections', dataset, results, truth),
    ...truthWarnings(dataset, truth),
  ];
}

function resultWarnings(detections: number, images: UnknownIds, categories: UnknownIds): EvaluationWarning[] {
  const kinds = [
    ['result-unknown-image', 'images', images],
    ['result-unknown-category', 'categories', categories],
  ] as const;
  return kinds.flatMap(([kind, what, unknown]) => {
    if (unknown.count > 0 && unknown.count === detections) {
      throw new CocoMismatchError(
        `none of the ${detections} detections is of ${what} that the ground truth has (they name ${listedIds(unknown.ids)})` +
          `${unknown.hint === '' ? '' : `; ${unknown.hint}`}; pass the ground truth that the results belong to`,
      );
    }
    return unknownWarning(kind, `detections of ${what} that the ground truth lacks, left out`, unknown);
  });
}

/** As {@link warningsOf}, for detections that come image by image and are not kept. */
export class StreamWarnings {
  private detections = 0;
  private count = 0;
  /** All categories of detections, and those that are unknown. */
  private readonly found = new Set<CocoId>();
  private readonly unknown = new Set<CocoId>();

  add(dataset: CocoDataset, results: ResultColumns): void {
    const { count, ids } = unknownCategories(dataset, results);
    this.detections += results.count;
    this.count += count;
    for (const id of results.categoryIds) this.found.add(id);
    for (const id of ids) this.unknown.add(id);
  }

  finish(dataset: CocoDataset, truth: GroundTruth): EvaluationWarning[] {
    const none = { count: 0, ids: [], hint: '' };
    const hint = categoryHint(dataset, [...this.found]);
    const categories = { count: this.count, ids: [...this.unknown], hint };
    return [...resultWarnings(this.detections, none, categories), ...truthWarnings(dataset, truth)];
  }
}

function truthWarnings(dataset: CocoDataset, truth: GroundTruth): EvaluationWarning[] {
  const { annotations } = dataset.columns;
  return [
    ...unknownWarning(
      'unknown-image',
      'annotations of images that the images list lacks, left out',
      unknownImages(dataset, annotations),
    ),
    ...unknownWarning(
      'unknown-category',
      'annotations of categories that the categories list lacks, left out',
      unknownCategories(dataset, annotations),
    ),
    ...sharedImageIds(dataset),
    ...formWarning('box-form', 'annotations', dataset, annotations, truth),
    ...nothingToScore(dataset, truth),
    ...emptyObjects(dataset, truth),
  ];
}

/** Where the metric is -1 throughout. */
function nothingToScore(dataset: CocoDataset, { grouped, ignore }: GroundTruth): EvaluationWarning[] {
  if (grouped.rows.some((row) => ignore[row] !== 1)) return [];
  const count = dataset.annotationCount;
  const why =
    count === 0
      ? 'has no annotations'
      : `has no object that counts among its ${count} annotations: they are crowds, ignored or left out`;
  return [
    {
      kind: 'nothing-to-score',
      count,
      examples: [],
      message: `the ground truth ${why}; without objects every value is -1`,
    },
  ];
}

/** Objects of images of one id are taken for objects of one picture. */
function sharedImageIds(dataset: CocoDataset): EvaluationWarning[] {
  const ids = dataset.duplicateImageIds();
  if (ids.length === 0) return [];
  const message = `${ids.length} image ids that several images have: their objects are taken for those of one (${listedIds(ids)})`;
  return [{ kind: 'duplicate-image-id', count: ids.length, examples: ids.slice(0, EXAMPLES), message }];
}

function formWarning(
  kind: 'result-box-form' | 'box-form',
  what: string,
  dataset: CocoDataset,
  columns: AnnotationColumns,
  { places }: GroundTruth,
): EvaluationWarning[] {
  if (places.params.iouType !== 'bbox') return [];
  const form = boxForm(dataset, columns);
  if (form === undefined) return [];
  return [{ kind, count: columns.count, examples: [], message: `${columns.count} ${what}: ${BOX_FORMS[form]}` }];
}

function unknownWarning(kind: EvaluationWarning['kind'], what: string, unknown: UnknownIds): EvaluationWarning[] {
  const { count, ids, hint } = unknown;
  if (count === 0) return [];
  const message = `${count} ${what} (${listedIds(ids)})${hint === '' ? '' : `; ${hint}`}`;
  return [{ kind, count, examples: ids.slice(0, EXAMPLES), message }];
}

/** Objects without size that count as missed unless a detection hits them exactly. */
function emptyObjects(dataset: CocoDataset, { grouped, ignore, area, places }: GroundTruth): EvaluationWarning[] {
  const { iouType } = places.params;
  if (iouType === 'segm') return [];
  const { present, bbox } = dataset.columns.annotations;
  const rows: number[] = [];
  for (const row of grouped.rows) {
    if (ignore[row] === 1) continue;
    const sized =
      iouType === 'keypoints'
        ? area[row]! > 0
        : (present[row]! & HAS.bbox) === 0 || (bbox[row * 4 + 2]! > 0 && bbox[row * 4 + 3]! > 0);
    if (!sized) rows.push(row);
  }
  if (rows.length === 0) return [];
  const examples = rows.slice(0, EXAMPLES).map((row) => dataset.annotationId(row) ?? `row ${row + 1}`);
  const [kind, what] =
    iouType === 'keypoints'
      ? (['no-extent', 'objects with keypoints, but without area or box size: only an exact hit scores'] as const)
      : (['empty-box', 'objects whose box has no width or height: nothing can match them'] as const);
  return [{ kind, count: rows.length, examples, message: `${rows.length} ${what} (${listedIds(examples)})` }];
}

/** The error for results of unknown images. */
export function checkImages(dataset: CocoDataset, results: ResultColumns, params: EvaluationParams): void {
  if (params.unknownImages === 'ignore') return;
  const { ids, hint } = unknownImages(dataset, results);
  if (ids.length === 0) return;
  throw new CocoMismatchError(
    `results name ${ids.length} image${ids.length > 1 ? 's' : ''} that the ground truth lacks (${listedIds(ids)})` +
      `${hint === '' ? '' : `; ${hint}`}; pass the right ground truth, or unknownImages: 'ignore'`,
  );
}
