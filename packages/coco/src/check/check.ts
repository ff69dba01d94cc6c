/** What is wrong, or will surprise, in a COCO file. */
import { relativeName, UnsafeNameError } from '@icconv/base';
import { type AnnotationColumns, keypointsOf } from '../data/annotation-builder';
import { BOX_FORMS, boxForm } from '../data/box-form';
import type { CocoDataset } from '../data/dataset';
import type { CocoResults } from '../data/results';
import { segmentToRle, sizeProblem } from '../data/segment-mask';
import { polygonsOf, runLengthsOf, type SegmentColumns } from '../data/segments';
import { unknownCategories, unknownImages } from '../data/unknown-ids';
import { CocoMaskError } from '../errors';
import type { CocoId } from '../format/types';
import { HAS } from '../json/record';
import { type DatasetStatistics, datasetStatistics } from './statistics';

/** `error`: a reader will fail or count wrongly. `trap`: pycocotools gives another answer than the file means. `note`: unusual, harmless. */
export type Severity = 'error' | 'trap' | 'note';

export interface CheckFinding {
  readonly kind: string;
  readonly severity: Severity;
  readonly count: number;
  /** Ids of the first few. */
  readonly examples: readonly CocoId[];
  readonly message: string;
}

export interface CheckReport {
  readonly findings: readonly CheckFinding[];
  readonly statistics: DatasetStatistics;
}

const EXAMPLES = 5;

const MESSAGES = {
  'duplicate-annotation-id': [
    'error',
    'annotation ids used more than once; pycocotools evaluates the last of them several times',
  ],
  'missing-annotation-id': ['error', 'annotations without id'],
  'duplicate-image-id': ['error', 'image ids used more than once'],
  'duplicate-category-id': ['error', 'category ids used more than once'],
  'unsafe-file-name': ['error', 'images whose file_name is no name of a file inside a folder'],
  'unknown-image': ['error', 'annotations of images that the images list lacks; they are not evaluated'],
  'unknown-category': ['error', 'annotations of categories that the categories list lacks; they are not evaluated'],
  'missing-box': ['error', 'annotations without bbox'],
  'empty-box': ['error', 'boxes without width or height, or negative; nothing can match them'],
  'box-outside': ['error', 'boxes that reach more than a pixel beyond their image'],
  'box-form': ['error', 'boxes that are not x, y, width, height in pixels'],
  'bad-polygon': ['error', 'polygons with fewer than three corners, or an odd number of coordinates'],
  'mask-size': [
    'error',
    'run-length masks of another size than their image; their overlap with detections is undefined',
  ],
  'mask-counts': ['error', 'run-length masks whose counts are broken or do not add up to their size'],
  'keypoint-count': ['error', 'annotations with another number of keypoints than their category names'],
  visibility: ['error', 'annotations with visibilities of keypoints other than 0, 1 and 2'],
  'image-size': ['error', 'images without width or height'],
  'duplicate-category-name': ['trap', 'category names used more than once: training tells classes apart by them'],
  'duplicate-file-name': ['trap', 'images whose file_name is that of another: one picture with two lists of objects'],
  'keypoints-outside': ['trap', 'annotations with labelled keypoints outside of their image: they teach nothing'],
  'annotation-id-0': ['trap', 'annotation id 0: pycocotools counts a detection that matches it as unmatched'],
  'no-area': [
    'trap',
    'annotations with area 0 or none: pycocotools fails, counts them as small, and scores their keypoints 0',
  ],
  'no-extent': [
    'trap',
    'objects with keypoints, but without area or box size: only an exact hit scores, here and in pycocotools',
  ],
  'ignore-without-crowd': ['trap', 'annotations with ignore 1 and iscrowd 0: pycocotools overwrites ignore by iscrowd'],
  'category-id-0': ['trap', 'category id 0: right here and in pycocotools, but many tools take 0 for background'],
  'num-keypoints': [
    'trap',
    'num_keypoints that is not the number of labelled keypoints; it decides whether a person counts',
  ],
  'crowd-polygon': ['note', 'crowd regions written as polygons; COCO writes them as run lengths'],
  'result-unknown-image': ['trap', 'detections of images that the ground truth lacks: pycocotools refuses the file'],
  'result-unknown-category': ['trap', 'detections of categories that the ground truth lacks; they are not evaluated'],
  'result-mask-size': ['error', 'detections whose run-length mask has another size than their image'],
  'result-mask-counts': ['error', 'detections whose run-length mask is broken or does not add up to its size'],
  'result-box-form': ['error', 'detections whose box is not x, y, width, height in pixels'],
  'result-score': ['note', 'scores outside [0, 1]'],
  'result-empty-box': ['note', 'detections without width or height; they match nothing'],
} as const satisfies Record<string, readonly [Severity, string]>;

type Kind = keyof typeof MESSAGES;

class Collector {
  private readonly found = new Map<Kind, { count: number; examples: CocoId[] }>();
  private readonly hints = new Map<Kind, string>();

  /** Adds what the ids look like to the message. */
  hint(kind: Kind, text: string): void {
    if (text !== '') this.hints.set(kind, `; ${text}`);
  }

  add(kind: Kind, id: CocoId): void {
    let entry = this.found.get(kind);
    if (entry === undefined) {
      entry = { count: 0, examples: [] };
      this.found.set(kind, entry);
    }
    entry.count++;
    if (entry.examples.length < EXAMPLES) entry.examples.push(id);
  }

  findings(): CheckFinding[] {
    const order = Object.keys(MESSAGES) as Kind[];
    return order.flatMap((kind) => {
      const entry = this.found.get(kind);
      if (entry === undefined) return [];
      const [severity, message] = MESSAGES[kind];
      return [{ kind, severity, ...entry, message: `${message}${this.hints.get(kind) ?? ''}` }];
    });
  }
}

/** Checks a dataset and, where given, results against it. */
export function checkDataset(dataset: CocoDataset, options: { readonly results?: CocoResults } = {}): CheckReport {
  const out = new Collector();
  checkImages(dataset, out);
  const keypointCounts = checkCategories(dataset, out);
  checkAnnotations(dataset, keypointCounts, out);
  checkBoxForm(
    dataset,
    dataset.columns.annotations,
    'box-form',
    (row) => dataset.annotationId(row) ?? `row ${row + 1}`,
    out,
  );
  if (options.results !== undefined) checkResults(dataset, options.results, out);
  return { findings: out.findings(), statistics: datasetStatistics(dataset) };
}

function checkImages(dataset: CocoDataset, out: Collector): void {
  const { images, annotations } = dataset.columns;
  const seen = new Set<number>();
  const names = new Set<string>();
  for (let row = 0; row < images.count; row++) {
    const index = images.idIndex[row]!;
    const id = annotations.imageIds[index]!;
    if (seen.has(index)) out.add('duplicate-image-id', id);
    seen.add(index);
    if (!(images.width[row]! > 0) || !(images.height[row]! > 0)) out.add('image-size', id);
    checkFileName(dataset.image(row).file_name, id, names, out);
  }
}

function checkFileName(name: string | null | undefined, id: CocoId, names: Set<string>, out: Collector): void {
  // The metric needs no names; pictures that are looked for without one are told by whoever looks.
  if (name === undefined || name === null) return;
  if (names.has(name)) out.add('duplicate-file-name', id);
  names.add(name);
  try {
    relativeName(name);
  } catch (error) {
    if (!UnsafeNameError.isInstance(error)) throw error;
    out.add('unsafe-file-name', id);
  }
}

/** Returns the number of keypoints by category id, for categories that name them. */
function checkCategories(dataset: CocoDataset, out: Collector): Map<CocoId, number> {
  const seen = new Set<CocoId>();
  const names = new Set<string>();
  const keypoints = new Map<CocoId, number>();
  for (const category of dataset.categories) {
    if (seen.has(category.id)) out.add('duplicate-category-id', category.id);
    seen.add(category.id);
    if (names.has(category.name)) out.add('duplicate-category-name', category.name);
    names.add(category.name);
    if (category.id === 0) out.add('category-id-0', category.name);
    if (category.keypoints !== undefined) keypoints.set(category.id, category.keypoints.length);
  }
  return keypoints;
}

function checkAnnotations(dataset: CocoDataset, keypointCounts: ReadonlyMap<CocoId, number>, out: Collector): void {
  const { annotations: a } = dataset.columns;
  const known = new Set(dataset.categories.map((c) => c.id));
  const seen = new Set<CocoId>();
  for (let row = 0; row < a.count; row++) {
    const present = a.present[row]!;
    const id = dataset.annotationId(row);
    const name = id ?? `row ${row + 1}`;
    if (id === undefined) out.add('missing-annotation-id', name);
    else if (seen.has(id)) out.add('duplicate-annotation-id', name);
    else seen.add(id);
    if (id === 0) out.add('annotation-id-0', 0);
    const category = a.categoryIds[a.categoryIndex[row]!];
    if (category === undefined || !known.has(category)) out.add('unknown-category', name);
    const image = dataset.imageRow(a.imageIds[a.imageIndex[row]!]!);
    if (image < 0) out.add('unknown-image', name);
    if ((present & HAS.area) === 0 || !(a.area[row]! > 0)) out.add('no-area', name);
    if (a.ignore[row] === 1 && a.iscrowd[row] === 0) out.add('ignore-without-crowd', name);
    checkBox(dataset, row, image, name, out);
    checkMask(dataset, row, image, name, out);
    checkKeypoints(dataset, row, image, category === undefined ? undefined : keypointCounts.get(category), name, out);
  }
}

function checkBox(dataset: CocoDataset, row: number, image: number, name: CocoId, out: Collector): void {
  const { annotations: a, images } = dataset.columns;
  if ((a.present[row]! & HAS.bbox) === 0) {
    out.add('missing-box', name);
    return;
  }
  const x = a.bbox[row * 4]!;
  const y = a.bbox[row * 4 + 1]!;
  const w = a.bbox[row * 4 + 2]!;
  const h = a.bbox[row * 4 + 3]!;
  if (!(w > 0) || !(h > 0)) out.add('empty-box', name);
  if (image < 0 || !(images.width[image]! > 0)) return;
  // A pixel of room: COCO's own boxes are rounded.
  if (x < -1 || y < -1 || x + w > images.width[image]! + 1 || y + h > images.height[image]! + 1)
    out.add('box-outside', name);
}

function checkBoxForm(
  dataset: CocoDataset,
  columns: AnnotationColumns,
  kind: 'box-form' | 'result-box-form',
  nameOf: (row: number) => CocoId,
  out: Collector,
): void {
  const form = boxForm(dataset, columns);
  if (form === undefined) return;
  out.hint(kind, BOX_FORMS[form]);
  for (let row = 0; row < columns.count; row++)
    if ((columns.present[row]! & HAS.bbox) !== 0) out.add(kind, nameOf(row));
}

function checkMask(dataset: CocoDataset, row: number, image: number, name: CocoId, out: Collector): void {
  const { annotations: a, images } = dataset.columns;
  if (a.segments === undefined || a.segments.kind[row] === 0) return;
  const runs = runLengthsOf(a.segments, row);
  if (runs === undefined) {
    if (a.iscrowd[row] === 1) out.add('crowd-polygon', name);
    if (polygonsOf(a.segments, row).some((p) => p.length < 6 || p.length % 2 === 1)) out.add('bad-polygon', name);
  } else {
    const size = image < 0 ? UNKNOWN : { height: images.height[image]!, width: images.width[image]! };
    if (runLengthsBroken(a.segments, row)) out.add('mask-counts', name);
    else if (sizeProblem(runs, size) !== undefined) out.add('mask-size', name);
  }
}

function checkKeypoints(
  dataset: CocoDataset,
  row: number,
  image: number,
  expected: number | undefined,
  name: CocoId,
  out: Collector,
): void {
  const { annotations: a, images } = dataset.columns;
  if ((a.present[row]! & HAS.keypoints) === 0) return;
  const keypoints = keypointsOf(a, row);
  const sized = a.area[row]! > 0 || (a.bbox[row * 4 + 2]! > 0 && a.bbox[row * 4 + 3]! > 0);
  if (!sized && (a.segments === undefined || a.segments.kind[row] === 0)) out.add('no-extent', name);
  if (expected !== undefined && keypoints.length !== expected * 3) out.add('keypoint-count', name);
  const [width, height] = image < 0 ? [-1, -1] : [images.width[image]!, images.height[image]!];
  let [labelled, outside, odd] = [0, 0, 0];
  for (let i = 0; i < keypoints.length; i += 3) {
    const [x, y, visibility] = [keypoints[i]!, keypoints[i + 1]!, keypoints[i + 2]!];
    if (visibility !== 0 && visibility !== 1 && visibility !== 2) odd++;
    if (!(visibility > 0)) continue;
    labelled++;
    if (width > 0 && height > 0 && (x < 0 || y < 0 || x > width || y > height)) outside++;
  }
  if (odd > 0) out.add('visibility', name);
  if (outside > 0) out.add('keypoints-outside', name);
  if (a.numKeypoints[row]! >= 0 && a.numKeypoints[row] !== labelled) out.add('num-keypoints', name);
}

function checkResults(dataset: CocoDataset, results: CocoResults, out: Collector): void {
  const { columns: r } = results;
  out.hint('result-unknown-image', unknownImages(dataset, r).hint);
  out.hint('result-unknown-category', unknownCategories(dataset, r).hint);
  const knownImage = r.imageIds.map((id) => dataset.imageRow(id) >= 0);
  checkBoxForm(dataset, r, 'result-box-form', (row) => `detection ${row + 1}`, out);
  const ids = new Set(dataset.categories.map((c) => c.id));
  const knownCategory = r.categoryIds.map((id) => ids.has(id));
  for (let row = 0; row < r.count; row++) {
    const name = `detection ${row + 1}`;
    if (!knownImage[r.imageIndex[row]!]) out.add('result-unknown-image', r.imageIds[r.imageIndex[row]!]!);
    if (!knownCategory[r.categoryIndex[row]!])
      out.add('result-unknown-category', r.categoryIds[r.categoryIndex[row]!]!);
    if (r.score[row]! < 0 || r.score[row]! > 1) out.add('result-score', name);
    const box = (r.present[row]! & HAS.bbox) !== 0;
    checkResultMask(dataset, results, row, name, out);
    if (box && (!(r.bbox[row * 4 + 2]! > 0) || !(r.bbox[row * 4 + 3]! > 0))) out.add('result-empty-box', name);
  }
}

const UNKNOWN = { height: -1, width: -1 };

function checkResultMask(
  dataset: CocoDataset,
  { columns }: CocoResults,
  row: number,
  name: CocoId,
  out: Collector,
): void {
  const runs = columns.segments === undefined ? undefined : runLengthsOf(columns.segments, row);
  if (columns.segments === undefined || runs === undefined) return;
  const image = dataset.imageSize(columns.imageIds[columns.imageIndex[row]!]!);
  if (runLengthsBroken(columns.segments, row)) out.add('result-mask-counts', name);
  else if (sizeProblem(runs, image) !== undefined) out.add('result-mask-size', name);
}

function runLengthsBroken(segments: SegmentColumns, row: number): boolean {
  try {
    segmentToRle(segments, row, { ...UNKNOWN, owner: () => '' });
    return false;
  } catch (error) {
    if (CocoMaskError.isInstance(error)) return true;
    throw error;
  }
}
