/** Boxes with labels over a picture. */
import { DRAWING_COLOURS, drawOver, type ImageInput } from '@icconv/base/pictures';
import type { DetectionResult } from '../detector/types';

/** Width of a letter of the labels' font in parts of its height; monospaced, so that plates fit without measuring. */
const LETTER = 0.6;

/** Coordinates in SVG: a tenth of a pixel is enough. */
const n = (value: number) => value.toFixed(1);

export interface DrawOptions {
  /** @defaultValue `'png'` */
  readonly format?: 'png' | 'jpg';
}

/**
 * Draws boxes with their labels and scores in percent over a picture.
 *
 * @param image - the one that the result is of.
 * @returns the picture, encoded.
 * @throws ImageDecodeError
 * @example
 * ```ts
 * await writeFile('found.png', await drawDetections('street.jpg', await detector.detect('street.jpg')));
 * ```
 */
export async function drawDetections(
  image: ImageInput,
  result: DetectionResult,
  { format }: DrawOptions = {},
): Promise<Buffer> {
  return drawOver(image, boxesSvg(result), format);
}

/** Faint boxes first, so that sure ones lie on top. */
function boxesSvg({ width, height, detections }: DetectionResult): string {
  const line = Math.max(1.5, Math.min(width, height) / 250);
  const size = Math.max(11, Math.min(width, height) / 36);
  const shapes = [...detections].reverse().map(({ box: [x1, y1, x2, y2], label, score, classId }) => {
    const colour = DRAWING_COLOURS[classId % DRAWING_COLOURS.length]!;
    const text = `${label} ${Math.round(100 * score)}`;
    const plateWidth = text.length * size * LETTER + size * 0.5;
    const plateHeight = size * 1.3;
    // Above the box, or inside it where there is no room.
    const top = y1 >= plateHeight ? y1 - plateHeight : Math.min(y1, height - plateHeight);
    const left = Math.max(0, Math.min(x1 - line / 2, width - plateWidth));
    const rect = `<rect x="${n(x1)}" y="${n(y1)}" width="${n(x2 - x1)}" height="${n(y2 - y1)}" fill="none" stroke="${colour}" stroke-width="${n(line)}"/>`;
    const plate = `<rect x="${n(left)}" y="${n(top)}" width="${n(plateWidth)}" height="${n(plateHeight)}" fill="${colour}" fill-opacity="0.85"/>`;
    const label_ = `<text x="${n(left + size * 0.25)}" y="${n(top + size)}" font-size="${n(size)}" fill="#fff">${escaped(text)}</text>`;
    return rect + plate + label_;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans Mono, monospace">${shapes.join('')}</svg>`;
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
