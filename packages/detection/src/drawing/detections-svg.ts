import { DRAWING_COLOURS, drawingOf, drawingPlate } from '@icconv/base';
import { maskOutlines } from '@icconv/coco';
import type { DetectionMask, DetectionResult } from '../detector/types';

/** Coordinates in SVG: a tenth of a pixel is enough. */
const n = (value: number) => value.toFixed(1);

/**
 * Boxes with their labels and scores in percent, and masks where there are any, as an SVG to lie over the picture. Faint boxes first, so that
 * sure ones lie on top.
 */
export function detectionsSvg({ width, height, detections }: Omit<DetectionResult, 'error'>): string {
  const line = Math.max(1.5, Math.min(width, height) / 250);
  const size = Math.max(11, Math.min(width, height) / 36);
  const shapes = [...detections].reverse().map(({ box: [x1, y1, x2, y2], label, score, classId, mask }, i) => {
    // Masks of a class that touch are told apart by their colours.
    const shade = mask === undefined ? classId : detections.length - 1 - i;
    const colour = DRAWING_COLOURS[shade % DRAWING_COLOURS.length]!;
    const plate = drawingPlate(`${label} ${Math.round(100 * score)}`, size);
    // Above the box, or inside it where there is no room.
    const top = y1 >= plate.height ? y1 - plate.height : Math.min(y1, height - plate.height);
    const left = Math.max(0, Math.min(x1 - line / 2, width - plate.width));
    const rect = `<rect x="${n(x1)}" y="${n(y1)}" width="${n(x2 - x1)}" height="${n(y2 - y1)}" fill="none" stroke="${colour}" stroke-width="${n(line)}"/>`;
    return { mask: mask === undefined ? '' : maskSvg(mask, colour), labelled: rect + plate.at(left, top, colour) };
  });
  // No mask over another's label.
  const layers = [...shapes.map(({ mask }) => mask), ...shapes.map(({ labelled }) => labelled)];
  return drawingOf({ width, height }, layers.join(''));
}

/** The object's pixels in its colour, with the picture shining through. */
function maskSvg(mask: DetectionMask, colour: string): string {
  const path = maskOutlines(mask).map((outline) => `M${outline.join(' ')}Z`);
  return `<path d="${path.join('')}" fill="${colour}" fill-opacity="0.45" fill-rule="evenodd"/>`;
}
