/**
 * YOLO's text files: one a picture, one object a line, all lengths as parts of the picture's width or height.
 *   detection     `class cx cy w h`, with a score behind it in results;
 *   segmentation  `class x1 y1 x2 y2 ...`, one polygon.
 * Classes count from 0 in the order of the names. Layout of https://docs.ultralytics.com/datasets/.
 */
import { CocoDataset } from '../data/dataset';
import { CocoResults } from '../data/results';
import { polygonsOf } from '../data/segments';
import type { CocoAnnotation, CocoCategory, CocoDetection, CocoId } from '../data/types';
import { CocoArgumentError, CocoFormatError } from '../errors';

/** A picture and the text of its labels file. */
export interface YoloImage {
  readonly fileName: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** The labels file's text; empty where there is none. */
  readonly labels: string;
  /** Id to give the picture. @defaultValue its number in the list, from 1 */
  readonly id?: CocoId;
}

export interface YoloDataset {
  /** Names by class number. */
  readonly names: readonly string[];
  readonly images: readonly YoloImage[];
}

/** YOLO labels to a COCO dataset; category ids count from 1. @throws {@link CocoFormatError} for a line that is neither box nor polygon. */
export function datasetFromYolo(yolo: YoloDataset): CocoDataset {
  const annotations: CocoAnnotation[] = [];
  const images = yolo.images.map((image, i) => ({
    id: image.id ?? i + 1,
    file_name: image.fileName,
    width: image.width,
    height: image.height,
  }));
  yolo.images.forEach((image, i) => {
    for (const { numbers, line } of parseLines(image)) {
      const common = {
        id: annotations.length + 1,
        image_id: images[i]!.id,
        category_id: categoryOf(numbers[0]!, yolo.names.length, image.fileName, line),
        iscrowd: 0,
      };
      if (numbers.length === 5) {
        const bbox = boxOf(numbers, image);
        annotations.push({ ...common, bbox, area: bbox[2]! * bbox[3]! });
      } else if (numbers.length >= 7 && numbers.length % 2 === 1) {
        const polygon = numbers.slice(1).map((v, k) => v * (k % 2 === 0 ? image.width : image.height));
        annotations.push({ ...common, ...polygonFacts(polygon), segmentation: [polygon] });
      } else
        throw new CocoFormatError(
          image.fileName,
          `labels line ${line}: expected class cx cy w h, or class and three corners or more`,
        );
    }
  });
  const categories: CocoCategory[] = yolo.names.map((name, k) => ({ id: k + 1, name }));
  return CocoDataset.parse({ images, categories, annotations }, { source: 'YOLO labels' });
}

/**
 * A COCO dataset to YOLO labels. Crowds have no place there and are left out.
 *
 * @param options.polygons - write the first polygon of each mask instead of boxes.
 */
export function datasetToYolo(dataset: CocoDataset, options: { readonly polygons?: boolean } = {}): YoloDataset {
  const classOf = new Map(dataset.categories.map((c, k) => [c.id, k]));
  const { annotations: a } = dataset.columns;
  const images = Array.from({ length: dataset.imageCount }, (_, row): YoloImage => {
    const image = dataset.image(row);
    const { width, height } = image;
    if (!width || !height)
      throw new CocoArgumentError('datasetToYolo', `image ${image.id}`, 'no size', 'an image with width and height');
    const lines = dataset.rows({ imgIds: image.id, iscrowd: false }).map((r) => {
      const polygon = options.polygons && a.segments !== undefined ? polygonsOf(a.segments, r)[0] : undefined;
      const [x, y, w, h] = a.bbox.subarray(r * 4, r * 4 + 4) as unknown as [number, number, number, number];
      const numbers =
        polygon === undefined
          ? [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height]
          : Array.from(polygon, (v, k) => v / (k % 2 === 0 ? width : height));
      return [classOf.get(a.categoryIds[a.categoryIndex[r]!]!) ?? -1, ...numbers];
    });
    const known = lines.filter(([k]) => k! >= 0);
    return {
      id: image.id,
      fileName: image.file_name ?? String(image.id),
      width,
      height,
      labels: known.map(([k, ...rest]) => `${k} ${rest.map(short).join(' ')}\n`).join(''),
    };
  });
  return { names: dataset.categories.map((c) => c.name), images };
}

/** YOLO result lines (`class cx cy w h score`) to results. @param dataset - gives the ids: class k is its k-th category, and pictures go by file name. */
export function resultsFromYolo(images: readonly YoloImage[], dataset: CocoDataset): CocoResults {
  const idByName = new Map(
    Array.from({ length: dataset.imageCount }, (_, row) => dataset.image(row)).map((i) => [
      stem(i.file_name ?? String(i.id)),
      i.id,
    ]),
  );
  const detections: CocoDetection[] = [];
  for (const image of images) {
    const id = image.id ?? idByName.get(stem(image.fileName));
    if (id === undefined) throw new CocoFormatError(image.fileName, 'the dataset has no image of this name');
    for (const { numbers, line } of parseLines(image)) {
      if (numbers.length !== 6)
        throw new CocoFormatError(image.fileName, `labels line ${line}: expected class cx cy w h score`);
      const k = categoryOf(numbers[0]!, dataset.categories.length, image.fileName, line) - 1;
      detections.push({
        image_id: id,
        category_id: dataset.categories[k]!.id,
        bbox: boxOf(numbers, image),
        score: numbers[5]!,
      });
    }
  }
  return CocoResults.parse(detections, { source: 'YOLO results' });
}

function* parseLines(image: YoloImage): Generator<{ numbers: number[]; line: number }> {
  const lines = image.labels.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const text = lines[i]!.trim();
    if (text === '') continue;
    const numbers = text.split(/\s+/).map(Number);
    if (!numbers.every(Number.isFinite))
      throw new CocoFormatError(image.fileName, `labels line ${i + 1} is not a list of numbers: ${text}`);
    yield { numbers, line: i + 1 };
  }
}

function categoryOf(value: number, classes: number, source: string, line: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= classes) {
    throw new CocoFormatError(source, `labels line ${line}: class ${value} is not one of the ${classes} names`);
  }
  return value + 1;
}

function boxOf(numbers: readonly number[], image: YoloImage): number[] {
  const [, cx, cy, w, h] = numbers as [number, number, number, number, number];
  return [(cx - w / 2) * image.width, (cy - h / 2) * image.height, w * image.width, h * image.height];
}

/** Box and area (shoelace formula) of one polygon. */
function polygonFacts(polygon: readonly number[]): { bbox: number[]; area: number } {
  const xs = polygon.filter((_, i) => i % 2 === 0);
  const ys = polygon.filter((_, i) => i % 2 === 1);
  let twice = 0;
  for (let i = 0; i < xs.length; i++) {
    const j = (i + 1) % xs.length;
    twice += xs[i]! * ys[j]! - xs[j]! * ys[i]!;
  }
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { bbox: [x, y, Math.max(...xs) - x, Math.max(...ys) - y], area: Math.abs(twice) / 2 };
}

/** Nine decimals: below a millionth of a pixel. */
const short = (value: number) => String(Number(value.toFixed(9)));

const stem = (path: string) => path.replace(/^.*[\\/]/, '').replace(/\.[^.]*$/, '');
