/** The objects of a dataset's pictures that a format of boxes can hold; the others are counted. */

import type { PictureSize } from '@icconv/base';
import { relativeName } from '@icconv/base';
import type { CocoDataset } from '../data/dataset';
import { boxOf, isRle, type ObjectBox } from '../data/object-box';
import { CocoArgumentError } from '../errors';
import type { CocoAnnotation, CocoId, CocoImage, CocoRle } from '../format/types';
import { clipBox } from './clip';
import type { ConversionReport } from './report';

export interface PictureObject {
  readonly annotation: CocoAnnotation;
  /** For messages: `annotation 7 of a/1.jpg`. */
  readonly name: string;
  /** Inside the picture. */
  readonly box: ObjectBox;
  /** It was cut off at the border; told by whoever writes the object. */
  readonly clipped: boolean;
  /** Number of its category in the dataset's list. */
  readonly category: number;
}

export interface PictureObjects {
  readonly image: CocoImage;
  readonly size: PictureSize;
  /** Relative, with `/` between folders. */
  readonly fileName: string;
  readonly objects: readonly PictureObject[];
}

/**
 * Picture by picture, with boxes taken from masks where they are absent, and cut off at the border.
 *
 * @throws UnsafeNameError, and {@link CocoArgumentError} for a picture without a size, or an id that two share.
 */
export function* pictureObjects(
  dataset: CocoDataset,
  caller: string,
  report: ConversionReport | undefined,
): Generator<PictureObjects> {
  report?.restart();
  const seen = new Set<CocoId>();
  const { images } = dataset.columns;
  const categories = new Map(dataset.categories.map(({ id }, i) => [id, i]));
  for (let row = 0; row < dataset.imageCount; row++) {
    const image = dataset.image(row);
    const { id } = image;
    // Their objects cannot be told apart.
    if (seen.has(id)) throw new CocoArgumentError(caller, 'image id', id, 'the id of one image only');
    seen.add(id);
    // Of the columns, where sizes taken from the pictures stand too.
    const [width, height] = [images.width[row]!, images.height[row]!];
    if (!(width > 0) || !(height > 0)) {
      throw new CocoArgumentError(
        caller,
        `image ${id}`,
        'no size',
        'an image with width and height; where the pictures are at hand, give their folder',
      );
    }
    const fileName = relativeName(image.file_name ?? `${id}.jpg`, `image ${id}`);
    if (image.file_name === undefined || image.file_name === null) report?.add('no-file-name', fileName);
    const objects = dataset.rows({ imgIds: id }).flatMap((r): PictureObject[] => {
      const annotation = dataset.annotation(r);
      const name = `annotation ${annotation.id ?? r + 1} of ${fileName}`;
      const category = annotation.category_id === undefined ? undefined : categories.get(annotation.category_id);
      if (annotation.iscrowd === 1) report?.add('crowd', name);
      else if (category === undefined) report?.add('unknown-category', name);
      else {
        const inside = insideBox(annotation, { width, height });
        if (typeof inside !== 'string') return [{ annotation, name, ...inside, category }];
        report?.add(inside, name);
      }
      return [];
    });
    yield { image, size: { width, height }, fileName, objects };
  }
  if (report !== undefined) countHomeless(dataset, report);
}

/** Its box inside the picture, or why it has none. */
function insideBox(
  { bbox, segmentation }: CocoAnnotation,
  size: PictureSize,
): Pick<PictureObject, 'box' | 'clipped'> | 'mask-size' | 'mask-broken' | 'no-box' | 'outside' {
  let box = boxOf({ ...(bbox !== undefined && { bbox }) });
  if (box === undefined && segmentation !== undefined) {
    if (isRle(segmentation) && !isOfSize(segmentation, size)) return 'mask-size';
    try {
      box = boxOf({ segmentation });
    } catch (error) {
      if (CocoArgumentError.isInstance(error)) return 'mask-broken';
      throw error;
    }
  }
  return box === undefined ? 'no-box' : (clipBox(box, size) ?? 'outside');
}

const isOfSize = ({ size: [height, width] }: CocoRle, size: PictureSize): boolean =>
  height === size.height && width === size.width;

/** Annotations of images that are not in the list. */
function countHomeless(dataset: CocoDataset, report: ConversionReport): void {
  const { imageIds, imageIndex, count } = dataset.columns.annotations;
  const listed = imageIds.map((id) => dataset.imageRow(id) >= 0);
  for (let row = 0; row < count; row++) {
    if (listed[imageIndex[row]!]) continue;
    report.add('unknown-image', `annotation ${dataset.annotationId(row) ?? row + 1}`);
  }
}
