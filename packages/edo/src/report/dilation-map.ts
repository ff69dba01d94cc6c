/** The map of dilations: a small square of d x d cells for each layer, shaded by the share of channels. SVG without any library. */
import { escapeHtml } from '@icconv/base';
import type { DilationPattern } from '@icconv/inception-conv';

const CELL = 20;
const GAP = 30;
const MOST_COLUMNS = 7;
const LABEL = 34;

/** Shares up to this have their own shade; (1, 1) is often above and must not blanch all others. */
const FULL = 0.5;

/**
 * A square for each layer: rows are dH, columns dW, darker holds more channels; the share in percent stands in the cell.
 *
 * @returns an SVG element.
 */
export function dilationMapSvg(pattern: DilationPattern): string {
  const { maxDilation, layers } = pattern;
  const cell = Math.max(CELL, Math.round(104 / maxDilation));
  const side = maxDilation * cell;
  const rows = Math.ceil(layers.length / MOST_COLUMNS);
  // Rows of equal length, as far as that goes.
  const columns = Math.ceil(layers.length / rows);
  const width = columns * (side + GAP) + GAP;
  const height = rows * (side + LABEL + 24) + 12;
  const squares = layers.map(({ name = '', dilations }, i) => {
    const left = GAP + (i % columns) * (side + GAP);
    const top = LABEL + Math.floor(i / columns) * (side + LABEL + 24);
    const counts = new Array<number>(maxDilation ** 2).fill(0);
    for (const [dh, dw] of dilations) counts[(dh - 1) * maxDilation + dw - 1]!++;
    const cells = counts.map((count, at) => {
      const share = count / dilations.length;
      const [row, column] = [Math.floor(at / maxDilation), at % maxDilation];
      const [x, y] = [column * cell, row * cell];
      const percent = share === 0 ? '' : share < 0.005 ? '&lt;1' : String(Math.round(share * 100));
      const title = `<title>${escapeHtml(name)} ${row + 1}x${column + 1}: ${count} of ${dilations.length}</title>`;
      const ink = share > 0.22 ? '#ffffff' : '#27364b';
      return [
        `<g>${title}<rect x="${x}" y="${y}" width="${cell - 1}" height="${cell - 1}" rx="2" fill="${shade(share)}"/>`,
        `<text x="${x + (cell - 1) / 2}" y="${y + cell / 2 + 3.5}" text-anchor="middle" font-size="${cell > 24 ? 10.5 : 9}" fill="${ink}">${percent}</text></g>`,
      ].join('');
    });
    const ticks = Array.from({ length: maxDilation }, (_, k) => {
      const middle = k * cell + cell / 2;
      return [
        `<text x="-7" y="${middle + 3}" text-anchor="end">${k + 1}</text>`,
        `<text x="${middle}" y="${side + 12}" text-anchor="middle">${k + 1}</text>`,
      ].join('');
    });
    const heading = `<text x="0" y="-8" font-size="11.5" font-weight="600" fill="#27364b">${escapeHtml(name)}</text>`;
    return `<g transform="translate(${left} ${top})">${heading}<g font-size="9" fill="#8794a8">${ticks.join('')}</g>${cells.join('')}</g>`;
  });
  const font = 'font-family="Inter, system-ui, Helvetica, Arial, sans-serif"';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${font} role="img" aria-label="Share of channels by dilation, for each layer">${squares.join('\n')}</svg>`;
}

const LIGHT = [232, 239, 247] as const;
const DARK = [17, 75, 122] as const;

function shade(share: number): string {
  if (share === 0) return '#f5f7fa';
  const t = Math.sqrt(Math.min(1, share / FULL));
  return `rgb(${LIGHT.map((from, i) => Math.round(from + (DARK[i]! - from) * t)).join(',')})`;
}
