/** Classes of a whole picture, best first, in its upper left corner. */
import { DRAWING_COLOURS, drawingOf, drawingPlate } from '@icconv/base';
import { drawOver, type ImageInput } from '@icconv/base/pictures';
import type { ClassificationResult } from '../classifier/classify-picture';

/** Writes names and scores in percent over a picture. @returns the picture, encoded. @throws ImageDecodeError */
export async function drawClasses(
  image: ImageInput,
  { width, height, classes }: ClassificationResult,
  { format }: { readonly format?: 'png' | 'jpg' } = {},
): Promise<Buffer> {
  const size = Math.max(11, Math.min(width, height) / 24);
  const plates = classes.map(({ label, score, classId }, i) => {
    const plate = drawingPlate(`${label} ${Math.round(100 * score)}`, size);
    return plate.at(0, i * plate.height, DRAWING_COLOURS[classId % DRAWING_COLOURS.length]!);
  });
  return drawOver(image, drawingOf({ width, height }, plates.join('')), format);
}
