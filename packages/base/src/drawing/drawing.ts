/** What drawings over pictures have in common: SVG, free of Node. */
import { escapeHtml } from '../text/escape-html';
import type { PictureSize } from '../values/picture-size';

/** Colours that stay apart on photographs; classes, or people, take them in turn. */
export const DRAWING_COLOURS = [
  '#e6194b',
  '#3cb44b',
  '#4363d8',
  '#f58231',
  '#911eb4',
  '#008080',
  '#e6a700',
  '#f032e6',
  '#5b8c00',
  '#0098d8',
] as const;

/** Width of a letter of the labels' font in parts of its height; monospaced, so that plates fit without measuring. */
const LETTER = 0.6;

/** A line of text on a coloured plate. @param size - of its letters, pixels. */
export function drawingPlate(text: string, size: number) {
  const n = (value: number) => value.toFixed(1);
  const [width, height] = [text.length * size * LETTER + size * 0.5, size * 1.3];
  return {
    width,
    height,
    /** SVG with the plate's upper left corner there. */
    at(left: number, top: number, colour: string): string {
      const rect = `<rect x="${n(left)}" y="${n(top)}" width="${n(width)}" height="${n(height)}" fill="${colour}" fill-opacity="0.85"/>`;
      const place = `x="${n(left + size * 0.25)}" y="${n(top + size)}" font-size="${n(size)}"`;
      return `${rect}<text ${place} font-family="DejaVu Sans Mono, monospace" fill="#fff">${escapeHtml(text)}</text>`;
    },
  };
}

/** An SVG of a picture's size, which also scales with the place that it gets. @param attributes - of the whole. */
export function drawingOf({ width, height }: PictureSize, shapes: string, attributes = ''): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}${attributes}>${shapes}</svg>`;
}
