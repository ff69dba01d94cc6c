/** What a training learns from and an evaluation scores, and what they leave out and why. */
import { listed } from '@icconv/base';
import { keypointsOf } from '../data/annotation-builder';
import { BOX_FORMS, boxForm } from '../data/box-form';
import { hasBox, withBoxes } from '../data/complete';
import { CocoDataset } from '../data/dataset';
import { sizeProblem } from '../data/segment-mask';
import { polygonsOf, runLengthsOf } from '../data/segments';
import { CocoError, CocoMismatchError } from '../errors';
import { HAS } from '../json/record';
import { rleArea } from '../masks/rle';
import { Counts, EXAMPLES, LEFT_OUT, NOTES, type ObjectCount, some } from './object-counts';
import type { DataReport, DataReportOptions, ObjectSelection } from './report-types';
import { selectLabels } from './select-labels';

/** Which objects are whose, and of which class, cannot be told where ids are used twice. */
function requireOwnIds(dataset: CocoDataset): void {
  const categories = dataset.categories.map(({ id }) => id);
  const of = {
    images: dataset.duplicateImageIds(),
    categories: categories.filter((id, i) => categories.indexOf(id) !== i),
  };
  for (const [what, ids] of Object.entries(of)) {
    if (ids.length === 0) continue;
    const shown = ids.slice(0, EXAMPLES).map((id) => JSON.stringify(id));
    const problem = `several ${what} have the id ${listed(shown, ids.length)}`;
    throw new CocoMismatchError(`${problem}: their objects cannot be told apart; give each an id of its own`);
  }
}

function formNote(dataset: CocoDataset, used: Uint8Array, task: DataReport['task']): ObjectCount[] {
  const form = task === 'boxes' || task === 'masks' ? boxForm(dataset, dataset.columns.annotations) : undefined;
  const rows = [...used.keys()].filter((row) => used[row] === 1);
  if (form === undefined || rows.length === 0) return [];
  const examples = rows.slice(0, EXAMPLES).map((row) => dataset.annotationId(row) ?? row);
  return [{ reason: 'box-form', message: `used, but ${BOX_FORMS[form]}`, count: rows.length, examples }];
}

/**
 * Chooses the objects that are used and counts the others by reason. Of labels one annotation for each picture is used: the first of those
 * that say its class; a picture with labels of several classes is left out.
 *
 * @throws {@link CocoMismatchError} for ids that several images or categories have, for objects with another number of keypoints than
 * their category names, as which is which is unknown, and for objects without a mask where masks are scored.
 */
export function selectObjects(dataset: CocoDataset, options: DataReportOptions): ObjectSelection {
  const { task, use } = options;
  requireOwnIds(dataset);
  if (task === 'labels') return selectLabels(dataset, options);
  const whole = withBoxes(dataset);
  const { annotations: a, images } = whole.columns;
  const categoryIds = options.categoryIds ?? dataset.categories.map(({ id }) => id);
  const classOf = new Map(categoryIds.map((id, index) => [id, index]));
  const imageIds = options.imageIds ?? dataset.getImgIds();
  const wanted = new Set(imageIds.map((id) => whole.imageRow(id)));
  const leftOut = new Counts(LEFT_OUT);
  const notes = new Counts(NOTES);
  const used = new Uint8Array(a.count);
  const objects = new Array<number>(categoryIds.length).fill(0);
  const withObjects = new Set<number>();
  const named = new Map(dataset.categories.map(({ id, keypoints }) => [id, keypoints?.length]));
  const miscounted: number[] = [];
  const boxless: number[] = [];
  const maskless: number[] = [];

  for (let row = 0; row < a.count; row++) {
    const image = whole.imageRow(a.imageIds[a.imageIndex[row]!]!);
    if (image >= 0 && !wanted.has(image)) continue;
    const category = a.categoryIndex[row]! < 0 ? undefined : classOf.get(a.categoryIds[a.categoryIndex[row]!]!);
    const reason = image < 0 ? 'unknown-image' : category === undefined ? 'other-category' : reasonAgainst(row, image);
    if (reason !== undefined) {
      if (reason === 'no-box' && use === 'evaluation') boxless.push(row);
      leftOut.add(reason, whole, row);
      continue;
    }
    if (task === 'masks' && use === 'evaluation' && !hasMask(whole, row)) maskless.push(row);
    if (task === 'keypoints' && keypointsOf(a, row).length !== 3 * (named.get(categoryIds[category!]!) ?? 0)) {
      miscounted.push(row);
    }
    used[row] = 1;
    objects[category!]!++;
    withObjects.add(image);
    note(row, image);
  }
  if (maskless.length > 0) throw missingMasks(whole, maskless);
  if (miscounted.length > 0) throw miscount(whole, miscounted);
  const names = new Map(dataset.categories.map(({ id, name }) => [id, name]));
  const report: DataReport = {
    task,
    use,
    pictures: wanted.size,
    picturesWithoutObjects: wanted.size - withObjects.size,
    objects: objects.reduce((sum, count) => sum + count, 0),
    leftOut: leftOut.list(),
    notes: [...formNote(whole, used, task), ...notes.list()],
    classes: categoryIds.map((id, i) => ({ id, name: names.get(id) ?? String(id), objects: objects[i]! })),
  };
  return { report, dataset: boxless.length > 0 ? withIgnored(whole, boxless) : whole, used };

  function reasonAgainst(row: number, image: number): keyof typeof LEFT_OUT | undefined {
    if (a.iscrowd[row] === 1) return 'crowd';
    if (use === 'evaluation' && a.ignore[row] === 1) return 'ignored';
    if (task === 'keypoints') {
      const { labelled, inside } = countKeypoints(row, image);
      if (labelled === 0) return 'no-keypoints';
      if (use === 'evaluation') return a.numKeypoints[row] === 0 ? 'num-keypoints' : undefined;
      return inside === 0 ? 'keypoints-outside' : undefined;
    }
    if ((a.present[row]! & HAS.bbox) === 0) return 'no-box';
    if (use === 'evaluation') return undefined;
    if (!hasBox(whole, row)) return 'empty-box';
    if (place(row, image) === 'outside') return 'outside';
    return task === 'masks' ? reasonAgainstMask(row, image) : undefined;
  }

  function reasonAgainstMask(row: number, image: number): keyof typeof LEFT_OUT | undefined {
    if (!hasMask(whole, row)) return 'no-mask';
    const runs = runLengthsOf(a.segments!, row);
    if (runs === undefined) return undefined;
    const size = { height: images.height[image]!, width: images.width[image]! };
    if (sizeProblem(runs, size) !== undefined) return 'mask-size';
    return rleArea(whole.rleOfRow(row)) === 0 ? 'no-mask' : undefined;
  }

  function note(row: number, image: number): void {
    if (task === 'keypoints') {
      const { labelled, inside } = countKeypoints(row, image);
      if (use === 'training' && inside < labelled) notes.add('some-keypoints-outside', whole, row);
      if (use === 'evaluation' && !(a.area[row]! > 0)) notes.add('no-area', whole, row);
      return;
    }
    if (!hasBox(dataset, row) && hasBox(whole, row)) notes.add('box-of-mask', whole, row);
    const where = place(row, image);
    if (use === 'training' && where === 'beyond') notes.add('beyond-border', whole, row);
    if (use === 'evaluation' && (where === 'outside' || !hasBox(whole, row))) notes.add('cannot-be-found', whole, row);
  }

  /** Where a box lies in a picture of known size. */
  function place(row: number, image: number): 'inside' | 'beyond' | 'outside' {
    const [width, height] = [images.width[image]!, images.height[image]!];
    if (!(width > 0 && height > 0)) return 'inside';
    const [x, y, w, h] = a.bbox.subarray(row * 4, row * 4 + 4) as unknown as [number, number, number, number];
    if (x >= width || y >= height || x + w <= 0 || y + h <= 0) return 'outside';
    // A pixel of room: COCO's own boxes are rounded.
    return x < -1 || y < -1 || x + w > width + 1 || y + h > height + 1 ? 'beyond' : 'inside';
  }

  function countKeypoints(row: number, image: number): { labelled: number; inside: number } {
    const keypoints = keypointsOf(a, row);
    const [width, height] = [images.width[image]!, images.height[image]!];
    const known = width > 0 && height > 0;
    let [labelled, inside] = [0, 0];
    for (let i = 0; i + 2 < keypoints.length; i += 3) {
      if (!(keypoints[i + 2]! > 0)) continue;
      labelled++;
      const [x, y] = [keypoints[i]!, keypoints[i + 1]!];
      // At the far border too: annotators click it.
      if (!known || (x >= 0 && y >= 0 && x <= width && y <= height)) inside++;
    }
    return { labelled, inside };
  }
}

/** With an empty box that counts neither as found nor as missed: the evaluation wants one of every object. */
function withIgnored(dataset: CocoDataset, rows: readonly number[]): CocoDataset {
  const { annotations } = dataset.columns;
  const [present, ignore] = [annotations.present.slice(), annotations.ignore.slice()];
  for (const row of rows) {
    present[row] = present[row]! | HAS.bbox;
    ignore[row] = 1;
  }
  return new CocoDataset({ ...dataset.columns, annotations: { ...annotations, present, ignore } });
}

/** Whether an annotation has run lengths, or a polygon that encloses something, by its row. */
function hasMask(dataset: CocoDataset, row: number): boolean {
  const { segments } = dataset.columns.annotations;
  if (segments === undefined) return false;
  return runLengthsOf(segments, row) !== undefined || polygonsOf(segments, row).some(({ length }) => length >= 6);
}

function missingMasks(dataset: CocoDataset, rows: readonly number[]): CocoMismatchError {
  const examples = rows.slice(0, EXAMPLES).map((row) => dataset.annotationId(row) ?? row);
  const whose = `${rows.length} ${rows.length === 1 ? 'annotation has' : 'annotations have'} no mask`;
  return new CocoMismatchError(
    `${whose} (${listed(examples, rows.length)}), so that masks cannot be scored; add segmentations, or leave these objects out`,
  );
}

function miscount(dataset: CocoDataset, rows: readonly number[]): CocoMismatchError {
  const { category_id, keypoints = [] } = dataset.annotation(rows[0]!);
  const { name, keypoints: names = [] } = dataset.categories.find(({ id }) => id === category_id)!;
  const others = rows.length === 1 ? '' : `; the same with ${rows.length - 1} more`;
  return new CocoMismatchError(
    `keypoints of annotation ${dataset.annotationId(rows[0]!) ?? rows[0]!}: expected ${3 * names.length} numbers, x, y and ` +
      `visibility of the ${names.length} keypoints of category ${name}, received ${keypoints.length}${others}`,
  );
}

/** What is used of a dataset, and what is left out and why. */
export function dataReport(dataset: CocoDataset, options: DataReportOptions): DataReport {
  return selectObjects(dataset, options).report;
}

/**
 * @param source - what the data is called: a path, `validation data`.
 * @throws {@link CocoError} `ICCONV_COCO_NO_OBJECTS` where no object is left: a training would learn that there is nothing to find, and an
 * evaluation score nothing. It says what the objects were left out for. Likewise for labels of a single class to learn from: they say that
 * every picture is of it.
 */
export function requireObjects(report: DataReport, source: string): void {
  const what = report.use === 'training' ? 'learn from' : 'score';
  if (report.objects > 0) {
    if (report.task !== 'labels' || report.use !== 'training') return;
    const used = report.classes.filter(({ objects }) => objects > 0);
    if (used.length > 1) return;
    const problem = `nothing to ${what}: all labels are of one class, ${used[0]!.name}, and there is none to tell it from`;
    throw new CocoError('ICCONV_COCO_NO_OBJECTS', `${source}: ${problem}`);
  }
  const all = report.leftOut.reduce((sum, { count }) => sum + count, 0);
  const why =
    all === 0
      ? `${report.pictures === 1 ? 'its picture has' : `its ${report.pictures} pictures have`} no annotation`
      : report.leftOut.map((one) => `${one.count} ${one.message}${some(one)}`).join('; ');
  const remedy = report.leftOut.every(({ reason }) => reason === 'crowd')
    ? '; single objects have iscrowd 0'
    : report.classes.length === 0
      ? '; none of the classes is a category of this file: another model or another data set is meant'
      : '';
  throw new CocoError(
    'ICCONV_COCO_NO_OBJECTS',
    `${source}: nothing to ${what}: ${all === 0 ? why : `of ${all} ${all === 1 ? 'annotation' : 'annotations'}, ${why}${remedy}`}`,
  );
}
