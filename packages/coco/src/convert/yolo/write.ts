/** A COCO dataset to YOLO's text files. */

import type { PictureSize } from '@icconv/base';
import { defined } from '@icconv/base';
import type { CocoDataset } from '../../data/dataset';
import { CocoArgumentError } from '../../errors';
import type { CocoCategory, CocoSegmentation } from '../../format/types';
import { type PictureObject, pictureObjects } from '../objects';
import { onePolygon } from '../polygons/one-polygon';
import type { ConversionReport } from '../report';
import { tellSameNames } from '../same-names';
import { describeLayout } from './kind';
import type { KeypointShape, YoloDataset, YoloImage, YoloWriteOptions } from './types';

/**
 * A COCO dataset to YOLO labels, classes in the order of its categories. What the rows cannot hold is left out and reported: crowds,
 * objects without an extent, without a mask among polygons, without keypoints among poses. A mask becomes one polygon: parts are joined by
 * lines without width, run lengths are traced along their pixels.
 *
 * @throws {@link CocoArgumentError} for a picture without a size, or poses with different numbers of keypoints; UnsafeNameError.
 */
export function datasetToYolo(dataset: CocoDataset, options: YoloWriteOptions = {}): YoloDataset {
  const { report, labelledOnly = false } = options;
  const kind = options.kind ?? (options.polygons ? 'segment' : 'detect');
  const rows = kind === 'pose' ? keypointShapeOf(dataset) : kind;
  const shape = typeof rows === 'string' ? undefined : rows;
  if (report !== undefined) report.layout = describeLayout({ kind, ...defined({ shape }) });
  const names = dataset.categories.map(className);
  tellSameNames(names, report);
  const images: YoloImage[] = [];
  for (const { image, size, fileName, objects } of pictureObjects(dataset, 'datasetToYolo', report)) {
    const lines = objects.flatMap((object) => {
      const numbers = numbersOf(object, size, rows, report);
      return numbers === undefined ? [] : [`${[object.category, ...numbers.map(short)].join(' ')}\n`];
    });
    if (lines.length === 0 && labelledOnly) {
      report?.add('unlabelled-left-out', fileName);
      continue;
    }
    report?.addPicture(lines.length);
    images.push({ id: image.id, fileName, ...size, labels: lines.join('') });
  }
  return {
    names,
    images,
    kind,
    ...defined({ keypointShape: shape }),
  };
}

/** A line of the list of names. */
function className({ id, name }: CocoCategory): string {
  if (/\S/.test(name) && !/[\r\n]/.test(name)) return name;
  throw new CocoArgumentError(
    'datasetToYolo',
    `the name of category ${id}`,
    name,
    'one line of text, as classes are listed',
  );
}

/** What stands behind the class number; undefined where the row cannot hold the object. */
function numbersOf(
  { annotation, name, box, clipped }: PictureObject,
  size: PictureSize,
  kind: 'detect' | 'segment' | KeypointShape,
  report: ConversionReport | undefined,
): number[] | undefined {
  const { segmentation, keypoints = [], ignore } = annotation;
  const asParts = (xy: readonly number[]) => xy.map((value, i) => value / (i % 2 === 0 ? size.width : size.height));
  const [x, y, w, h] = box;
  const boxParts = asParts([x + w / 2, y + h / 2, w, h]);
  let numbers = boxParts;
  if (kind === 'segment') {
    const one = segmentation === undefined ? 'no-mask' : polygonOf(segmentation, size);
    if (typeof one === 'string') {
      report?.add(one, name);
      return undefined;
    }
    for (const change of one.changes) report?.add(change, name);
    numbers = asParts(one.polygon);
  } else if (typeof kind === 'object') {
    if (keypoints.length === 0) {
      report?.add('no-keypoints', name);
      return undefined;
    }
    if (keypoints.length !== 3 * kind[0]) {
      throw new CocoArgumentError(
        'datasetToYolo',
        name,
        `${keypoints.length} numbers`,
        `${kind[0]} keypoints, as others have`,
      );
    }
    numbers = [...boxParts, ...keypointParts(keypoints, size, (change) => report?.add(change, name))];
  }
  if (kind !== 'segment') {
    if (clipped) report?.add('clipped', name);
    if (hasMask(segmentation)) report?.add('mask-dropped', name);
  }
  if (typeof kind === 'string' && keypoints.length > 0) report?.add('keypoints-dropped', name);
  if (ignore === 1) report?.add('ignore-dropped', name);
  return numbers;
}

const hasMask = (segmentation: PictureObject['annotation']['segmentation']): boolean =>
  segmentation !== undefined && ('counts' in segmentation || segmentation.some((part) => part.length >= 6));

function polygonOf(segmentation: CocoSegmentation, size: PictureSize): ReturnType<typeof onePolygon> | 'mask-broken' {
  try {
    return onePolygon(segmentation, size);
  } catch (error) {
    if (CocoArgumentError.isInstance(error)) return 'mask-broken';
    throw error;
  }
}

/** Keypoints outside of the picture cannot be written: they count as not labelled. */
function keypointParts(
  keypoints: readonly number[],
  { width, height }: PictureSize,
  tell: (change: 'keypoints-outside' | 'visibility') => void,
): number[] {
  const numbers: number[] = [];
  const changes = new Set<'keypoints-outside' | 'visibility'>();
  for (let i = 0; i < keypoints.length; i += 3) {
    const [x, y, v] = [keypoints[i]! / width, keypoints[i + 1]! / height, keypoints[i + 2]!];
    const inside = x >= 0 && x <= 1 && y >= 0 && y <= 1;
    if (![0, 1, 2].includes(v)) changes.add('visibility');
    if (v > 0 && !inside) changes.add('keypoints-outside');
    numbers.push(...(v > 0 && inside ? [x, y, v === 1 ? 1 : 2] : [0, 0, 0]));
  }
  changes.forEach(tell);
  return numbers;
}

/** All rows have as many keypoints as the first pose has. */
function keypointShapeOf(dataset: CocoDataset): KeypointShape {
  for (const { keypoints } of dataset.categories) if (keypoints?.length) return [keypoints.length, 3];
  for (const row of dataset.rows()) {
    const { keypoints = [] } = dataset.annotation(row);
    if (keypoints.length > 0) return [keypoints.length / 3, 3];
  }
  throw new CocoArgumentError('datasetToYolo', 'kind', 'pose', 'detect or segment: the dataset has no keypoints');
}

/** Nine decimals: below a millionth of a pixel. */
const short = (value: number) => String(Number(value.toFixed(9)));
