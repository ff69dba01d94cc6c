/** A COCO dataset to YOLO's text files. */
import type { PictureSize } from '../../data/complete';
import type { CocoDataset } from '../../data/dataset';
import { CocoArgumentError } from '../../errors';
import { type PictureObject, pictureObjects } from '../objects';
import { onePolygon } from '../polygons/one-polygon';
import type { ConversionReport } from '../report';
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
  if (report !== undefined) report.layout = describeLayout({ kind, ...(shape !== undefined && { shape }) });
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
    names: dataset.categories.map(({ name }) => name),
    images,
    kind,
    ...(shape !== undefined && { keypointShape: shape }),
  };
}

/** What stands behind the class number; undefined where the row cannot hold the object. */
function numbersOf(
  { annotation, name, box }: PictureObject,
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
    const one = segmentation === undefined ? 'no-mask' : onePolygon(segmentation, size);
    if (typeof one === 'string') {
      report?.add(one, name);
      return undefined;
    }
    // Cut boxes are counted already.
    for (const change of one.changes) if (change !== 'clipped') report?.add(change, name);
    numbers = asParts(one.polygon);
  } else if (hasMask(segmentation)) report?.add('mask-dropped', name);
  if (typeof kind === 'object') {
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
    numbers = [...boxParts, ...keypointParts(keypoints, size)];
  } else if (keypoints.length > 0) report?.add('keypoints-dropped', name);
  if (ignore === 1) report?.add('ignore-dropped', name);
  return numbers;
}

const hasMask = (segmentation: PictureObject['annotation']['segmentation']): boolean =>
  segmentation !== undefined && ('counts' in segmentation || segmentation.some((part) => part.length >= 6));

/** Keypoints outside of the picture cannot be written: they count as not labelled. */
function keypointParts(keypoints: readonly number[], { width, height }: PictureSize): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < keypoints.length; i += 3) {
    const [x, y, v] = [keypoints[i]! / width, keypoints[i + 1]! / height, keypoints[i + 2]!];
    const inside = x >= 0 && x <= 1 && y >= 0 && y <= 1;
    numbers.push(...(v > 0 && inside ? [x, y, v] : [0, 0, 0]));
  }
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
