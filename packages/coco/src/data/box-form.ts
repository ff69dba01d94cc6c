/** Boxes of other forms than COCO's [x, y, width, height] in pixels, which are numbers as good as those. */
import { HAS } from '../json/record';
import type { AnnotationColumns } from './annotation-builder';
import type { CocoDataset } from './dataset';

/** What the boxes look like: corners x1, y1, x2, y2, or parts of the picture's sides. */
export type BoxForm = 'corners' | 'parts';

export const BOX_FORMS: Readonly<Record<BoxForm, string>> = {
  corners: 'all boxes would lie inside their pictures as corners x1, y1, x2, y2; COCO has x, y, width, height',
  parts: 'all boxes lie within the first pixel, as parts of the picture’s sides do; COCO has pixels',
};

/** Rounded boxes pass the border by as much. */
const ROOM = 1;

/**
 * The form that all boxes seem to have; undefined where they may be what they should be. Corners are told only where some box, read as
 * COCO's, leaves its picture.
 *
 * @param columns - annotations or detections of the dataset's pictures.
 */
export function boxForm(dataset: CocoDataset, columns: AnnotationColumns): BoxForm | undefined {
  const { images } = dataset.columns;
  const { present, bbox, imageIds, imageIndex } = columns;
  const rows = imageIds.map((id) => dataset.imageRow(id));
  let [boxes, outside] = [0, 0];
  let [parts, corners] = [true, true];
  for (let row = 0; row < columns.count && (parts || corners); row++) {
    if ((present[row]! & HAS.bbox) === 0) continue;
    const [x, y, w, h] = [bbox[row * 4]!, bbox[row * 4 + 1]!, bbox[row * 4 + 2]!, bbox[row * 4 + 3]!];
    const image = rows[imageIndex[row]!]!;
    const width = image < 0 ? -1 : images.width[image]!;
    const height = image < 0 ? -1 : images.height[image]!;
    boxes++;
    parts &&= x >= 0 && y >= 0 && w > 0 && h > 0 && x <= 1 && y <= 1 && w <= 1 && h <= 1;
    corners &&= x >= 0 && y >= 0 && w > x && h > y && width > 0 && w <= width + ROOM && h <= height + ROOM;
    if (x + w > width + ROOM || y + h > height + ROOM) outside++;
  }
  if (boxes === 0) return undefined;
  if (parts) return 'parts';
  return corners && outside > 0 ? 'corners' : undefined;
}
