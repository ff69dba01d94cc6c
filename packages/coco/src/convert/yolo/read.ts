/** YOLO's text files to COCO: one a picture, one object a row; see {@link YoloKind} for the rows. */
import { relativeName, withoutExtension } from '@icconv/base';
import { CocoDataset } from '../../data/dataset';
import { boxOfSegmentation } from '../../data/object-box';
import { CocoResults } from '../../data/results';
import { CocoFormatError } from '../../errors';
import type { CocoAnnotation, CocoCategory, CocoDetection, CocoId } from '../../format/types';
import { rleFromPolygon } from '../../masks/polygon';
import { rleToCoco } from '../../masks/rle';
import { clipBox } from '../clip';
import type { ConversionReport } from '../report';
import { tellSameNames } from '../same-names';
import { keypointNames } from './keypoint-names';
import { describeLayout, type Layout, layoutOf } from './kind';
import { classOf, type LabelRow, parseRows, part, placeOf, rowError } from './rows';
import type { ReportOption, YoloDataset, YoloImage } from './types';

/** What a row says of its object, in pixels. */
type ObjectFacts = Pick<CocoAnnotation, 'bbox' | 'area' | 'segmentation' | 'keypoints' | 'num_keypoints'>;

/**
 * YOLO labels to a COCO dataset; category ids count from 1. Boxes are cut off at the border of their picture; objects without width or
 * height are left out.
 *
 * @throws {@link CocoFormatError} by file and line for a row that is not of the data set's kind, a class without a name, a number outside
 * of the picture.
 */
export function datasetFromYolo(yolo: YoloDataset, { report }: ReportOption = {}): CocoDataset {
  const rows = yolo.images.map(parseRows);
  const layout = layoutOf(
    rows.flatMap((list) => list.map(({ numbers }) => numbers)),
    yolo,
  );
  if (report !== undefined) report.layout = describeLayout(layout);
  report?.restart();
  tellSameNames(yolo.names, report);
  const annotations: CocoAnnotation[] = [];
  const images = yolo.images.map((image, i) => {
    const id = image.id ?? i + 1;
    const before = annotations.length;
    for (const row of rows[i]!) {
      const category = classOf(row, yolo.names.length) + 1;
      const facts = objectOf(row, layout, report);
      if (facts === undefined) continue;
      annotations.push({ id: annotations.length + 1, image_id: id, category_id: category, iscrowd: 0, ...facts });
    }
    report?.addPicture(annotations.length - before);
    return { id, file_name: relativeName(image.fileName), width: image.width, height: image.height };
  });
  const categories = yolo.names.map(
    (name, k): CocoCategory => ({
      id: k + 1,
      name,
      ...(layout.shape !== undefined && { keypoints: namesOf(yolo, layout.shape[0]), skeleton: [] }),
    }),
  );
  return CocoDataset.parse({ images, categories, annotations }, { source: 'YOLO labels' });
}

/**
 * YOLO results, rows with a score at the end, to results.
 *
 * @param dataset - gives the ids: class k is its k-th category, and pictures go by their names without the extension, with their folders
 * or, where that is unique, without.
 * @throws as {@link datasetFromYolo}, and for a picture with results that the dataset lacks, or has twice.
 */
export function resultsFromYolo(
  images: readonly YoloImage[],
  dataset: CocoDataset,
  options: ReportOption & Pick<YoloDataset, 'kind' | 'keypointShape'> = {},
): CocoResults {
  const { report } = options;
  const rows = images.map(parseRows);
  const unscored = rows.flatMap((list) => list.map(({ numbers }) => numbers.slice(0, -1)));
  const layout = layoutOf(unscored, options);
  if (report !== undefined) report.layout = describeLayout(layout, ' score');
  report?.restart();
  const idOf = idsByName(dataset);
  const detections: CocoDetection[] = [];
  images.forEach((image, i) => {
    const before = detections.length;
    for (const scored of rows[i]!) {
      const row = { ...scored, numbers: scored.numbers.slice(0, -1) };
      checkLength(row, layout, ' score', 1);
      const score = scored.numbers.at(-1)!;
      if (score < 0 || score > 1) throw rowError(row, `the score at its end must be from 0 to 1, received ${score}`);
      const category = dataset.categories[classOf(row, dataset.categories.length)]!;
      const facts = objectOf(row, layout, report);
      if (facts === undefined) continue;
      const { segmentation, bbox, keypoints } = facts;
      // Results hold masks as run lengths.
      const mask = segmentation as readonly (readonly number[])[] | undefined;
      detections.push({
        image_id: image.id ?? idOf(image.fileName),
        category_id: category.id,
        bbox: bbox!,
        score,
        ...(mask !== undefined && { segmentation: rleToCoco(rleFromPolygon(mask[0]!, image.height, image.width)) }),
        ...(keypoints !== undefined && { keypoints }),
      });
    }
    report?.addPicture(detections.length - before);
  });
  return CocoResults.parse(detections, { source: 'YOLO results' });
}

function objectOf(row: LabelRow, layout: Layout, report: ConversionReport | undefined): ObjectFacts | undefined {
  checkLength(row, layout, '', 0);
  const polygon = layout.kind === 'obb' || (layout.kind === 'segment' && row.numbers.length > 5);
  if (polygon) return polygonOf(row, report);
  const { width, height } = row.image;
  const [cx, cy] = [part(row, 1, 'cx'), part(row, 2, 'cy')];
  const [w, h] = [part(row, 3, 'w'), part(row, 4, 'h')];
  if (row.numbers[3]! < 0 || row.numbers[4]! < 0) throw rowError(row, 'w and h must not be negative');
  const [across, down] = [w * width, h * height];
  const pixels = [cx * width - across / 2, cy * height - down / 2, across, down];
  const inside = clipBox(pixels, row.image);
  const box = inside?.box.map(tidy);
  if (box === undefined || !(box[2]! > 0) || !(box[3]! > 0)) {
    report?.add('no-box', placeOf(row));
    return undefined;
  }
  if (inside?.clipped) report?.add('clipped', placeOf(row));
  return {
    bbox: box,
    area: box[2]! * box[3]!,
    ...(layout.shape !== undefined && keypointsOf(row, layout.shape[1])),
  };
}

/** A millionth of a pixel is less than labels tell, and more than the products of doubles are off. */
const tidy = (pixels: number) => Math.round(pixels * 1e6) / 1e6;

function checkLength(row: LabelRow, layout: Layout, score: string, extra: number): void {
  const { length } = row.numbers;
  const box = length === 5;
  const fits = {
    detect: box,
    segment: box || (length >= 7 && length % 2 === 1),
    obb: length === 9,
    pose: layout.shape !== undefined && length === 5 + layout.shape[0] * layout.shape[1],
  }[layout.kind];
  if (fits) return;
  const seen = `received ${length + extra} numbers`;
  const scored =
    layout.kind !== 'pose' && length === 6 && extra === 0 ? '; rows with a score are results (yolo-results)' : '';
  throw rowError(row, `expected ${describeLayout(layout, score)}, ${seen}${scored}`);
}

function polygonOf(row: LabelRow, report: ConversionReport | undefined): ObjectFacts | undefined {
  const { width, height } = row.image;
  const polygon = row.numbers
    .slice(1)
    .map((_, i) => (i % 2 === 0 ? tidy(part(row, i + 1, 'x') * width) : tidy(part(row, i + 1, 'y') * height)));
  const bbox = boxOfSegmentation([polygon]);
  const area = shoelace(polygon);
  if (bbox === undefined || area === 0) {
    report?.add('no-box', placeOf(row));
    return undefined;
  }
  return { bbox, area, segmentation: [polygon] };
}

/** Area of a polygon. */
function shoelace(polygon: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < polygon.length; i += 2) {
    const j = (i + 2) % polygon.length;
    twice += polygon[i]! * polygon[j + 1]! - polygon[j]! * polygon[i + 1]!;
  }
  return Math.abs(twice) / 2;
}

/** Triples x, y, v. Without visibilities a keypoint at 0, 0 is not labelled. */
function keypointsOf(row: LabelRow, numbers: 2 | 3): Pick<CocoAnnotation, 'keypoints' | 'num_keypoints'> {
  const { width, height } = row.image;
  const keypoints: number[] = [];
  for (let i = 5; i < row.numbers.length; i += numbers) {
    const unlabelled = row.numbers[i] === 0 && row.numbers[i + 1] === 0;
    const visibility = numbers === 3 ? row.numbers[i + 2]! : unlabelled ? 0 : 2;
    if (![0, 1, 2].includes(visibility)) throw rowError(row, `a visibility must be 0, 1 or 2, received ${visibility}`);
    // Where a keypoint is not labelled, its place says nothing.
    if (visibility === 0) keypoints.push(0, 0, 0);
    else keypoints.push(tidy(part(row, i, 'x') * width), tidy(part(row, i + 1, 'y') * height), visibility);
  }
  return { keypoints, num_keypoints: keypoints.filter((value, i) => i % 3 === 2 && value > 0).length };
}

function namesOf({ keypointNames: names }: YoloDataset, count: number): readonly string[] {
  if (names === undefined) return keypointNames(count, undefined);
  if (names.length === count) return names;
  throw new CocoFormatError('YOLO labels', `${names.length} names of keypoints for rows of ${count}`);
}

/** By the whole name, else by the name without folders; null where several images have it. */
function idsByName(dataset: CocoDataset): (name: string) => CocoId {
  const whole = new Map<string, CocoId | null>();
  const bare = new Map<string, CocoId | null>();
  const add = (ids: Map<string, CocoId | null>, name: string, id: CocoId) => ids.set(name, ids.has(name) ? null : id);
  const bareOf = (name: string) => name.slice(name.lastIndexOf('/') + 1);
  for (let row = 0; row < dataset.imageCount; row++) {
    const { id, file_name } = dataset.image(row);
    const name = withoutExtension(relativeName(file_name ?? String(id), `image ${id}`));
    add(whole, name, id);
    add(bare, bareOf(name), id);
  }
  return (fileName) => {
    const name = withoutExtension(relativeName(fileName));
    const id = whole.has(name) ? whole.get(name) : bare.get(bareOf(name));
    if (id === undefined) throw new CocoFormatError(fileName, 'the dataset has no image of this name');
    if (id === null) throw new CocoFormatError(fileName, 'the dataset has several images of this name');
    return id;
  };
}
