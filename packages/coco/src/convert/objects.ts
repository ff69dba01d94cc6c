/** The objects of a dataset's pictures that a format of boxes can hold; the others are counted. */
import { relativeName } from '@icconv/base';
import type { PictureSize } from '../data/complete';
import type { CocoDataset } from '../data/dataset';
import { boxOf, type ObjectBox } from '../data/object-box';
import type { CocoAnnotation, CocoId, CocoImage } from '../data/types';
import { CocoArgumentError } from '../errors';
import { clipBox } from './clip';
import type { ConversionReport } from './report';

export interface PictureObject {
  readonly annotation: CocoAnnotation;
  /** For messages: `annotation 7 of a/1.jpg`. */
  readonly name: string;
  /** Inside the picture. */
  readonly box: ObjectBox;
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
    const fileName = relativeName(image.file_name ?? `${id}.jpg`);
    const objects = dataset.rows({ imgIds: id }).flatMap((r): PictureObject[] => {
      const annotation = dataset.annotation(r);
      const name = `annotation ${annotation.id ?? r + 1} of ${fileName}`;
      const category = annotation.category_id === undefined ? undefined : categories.get(annotation.category_id);
      const box = annotation.iscrowd === 1 ? undefined : boxOf(annotation);
      const inside = box && clipBox(box, { width, height });
      if (annotation.iscrowd === 1) report?.add('crowd', name);
      else if (category === undefined) report?.add('unknown-category', name);
      else if (box === undefined) report?.add('no-box', name);
      else if (inside === undefined) report?.add('outside', name);
      else {
        if (inside.clipped) report?.add('clipped', name);
        return [{ annotation, name, box: inside.box, category }];
      }
      return [];
    });
    yield { image, size: { width, height }, fileName, objects };
  }
  if (report !== undefined) countHomeless(dataset, report);
}

/** Annotations of images that are not in the list. */
function countHomeless(dataset: CocoDataset, report: ConversionReport): void {
  const { imageIds, imageIndex, count } = dataset.columns.annotations;
  const listed = imageIds.map((id) => dataset.imageRow(id) >= 0);
  for (let row = 0; row < count; row++) {
    if (listed[imageIndex[row]!]) continue;
    report.add('unknown-image', `annotation ${dataset.annotationId(row) ?? row + 1}`);
  }
}
