/** Pictures of receptive fields: heat maps side by side, as SVG without any library, or as PNG through sharp. */
import { InvalidArgumentError, VisionError } from '@icconv/tensor-ops';
import type { EffectiveReceptiveField } from './effective';

/** One heat map of a picture. */
export interface FieldPanel {
  readonly title: string;
  readonly field: EffectiveReceptiveField;
}

/** Options of a picture; what is left out takes the value named. */
export interface FieldPictureOptions {
  /** Side of each heat map in picture pixels; 360. */
  readonly panelSize?: number;
}

const MARGIN = 16;
const CAPTION = 64;
/** Shades told apart; more would only make the file larger. */
const SHADES = 48;

/**
 * Draws fields side by side, all at the same scale of pixels, so that sizes can be compared by eye.
 *
 * Shades follow the square root of the gradient: its tail, which makes up the field's size, is otherwise black.
 *
 * @returns an SVG document.
 */
export function receptiveFieldSvg(panels: readonly FieldPanel[], options: FieldPictureOptions = {}): string {
  const { panelSize = 360 } = options;
  if (panels.length === 0)
    throw new InvalidArgumentError('receptiveFieldSvg', 'panels', panels, 'a list of at least one');
  const pixels = Math.max(...panels.map(({ field }) => field.size));
  const cell = panelSize / pixels;
  const width = panels.length * (panelSize + MARGIN) + MARGIN;
  const height = panelSize + MARGIN + CAPTION;
  const drawn = panels.map((panel, i) => {
    const left = MARGIN + i * (panelSize + MARGIN);
    const inset = ((pixels - panel.field.size) / 2) * cell;
    return [
      `<g transform="translate(${left} ${MARGIN})">`,
      `<rect width="${panelSize}" height="${panelSize}" fill="${shade(0)}"/>`,
      `<g transform="translate(${round(inset)} ${round(inset)}) scale(${cell})" shape-rendering="crispEdges">`,
      cells(panel.field),
      '</g>',
      `<text x="0" y="${panelSize + 22}" font-weight="bold">${escapeXml(panel.title)}</text>`,
      `<text x="0" y="${panelSize + 42}">${caption(panel.field)}</text>`,
      '</g>',
    ].join('\n');
  });
  const font = 'font-family="Helvetica, Arial, sans-serif" font-size="14"';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${font}>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

/**
 * As {@link receptiveFieldSvg}, as a PNG file.
 *
 * @throws {@link VisionError} with code `ICCONV_MISSING_PACKAGE` when sharp is not installed.
 */
export async function receptiveFieldPng(
  panels: readonly FieldPanel[],
  options: FieldPictureOptions = {},
): Promise<Uint8Array> {
  const svg = receptiveFieldSvg(panels, options);
  const sharp = await import('sharp').catch((cause: unknown) => {
    const message =
      'receptiveFieldPng: the package sharp is not installed; npm install sharp, or take receptiveFieldSvg';
    throw new VisionError('ICCONV_MISSING_PACKAGE', message, { cause });
  });
  return sharp.default(new TextEncoder().encode(svg)).png().toBuffer();
}

/** Runs of equal shade in a row become one rectangle. */
function cells({ map, size }: EffectiveReceptiveField): string {
  const level = (row: number, column: number) => Math.round(Math.sqrt(map[row * size + column]!) * (SHADES - 1));
  const rects: string[] = [];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; ) {
      const value = level(row, column);
      let end = column + 1;
      while (end < size && level(row, end) === value) end++;
      if (value > 0) {
        rects.push(
          `<rect x="${column}" y="${row}" width="${end - column}" height="1" fill="${shade(value / (SHADES - 1))}"/>`,
        );
      }
      column = end;
    }
  }
  return rects.join('');
}

// Stops of a dark-to-bright scale whose lightness grows evenly, so that equal steps look equal.
const STOPS = [
  [0, 0, 4],
  [66, 10, 104],
  [147, 38, 103],
  [221, 81, 58],
  [252, 165, 10],
  [252, 255, 164],
] as const;

function shade(value: number): string {
  const place = Math.min(1, Math.max(0, value)) * (STOPS.length - 1);
  const low = Math.min(STOPS.length - 2, Math.floor(place));
  const mixed = STOPS[low]!.map((from, i) => Math.round(from + (STOPS[low + 1]![i]! - from) * (place - low)));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

function caption({ deviationHeight, deviationWidth, area }: EffectiveReceptiveField): string {
  return `deviation ${deviationHeight.toFixed(1)} x ${deviationWidth.toFixed(1)} px, area ${area} px`;
}

const round = (value: number): number => Math.round(value * 100) / 100;

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
