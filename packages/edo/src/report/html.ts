/** A search's report as one self-contained page: no script, no font, no link goes out. */

import { renderSvg } from '@icconv/base/charts';
import { receptiveFieldSvg } from '@icconv/inception-conv/receptive-field';
import { searchErrorChart, stageChart } from './charts';
import { dilationMapSvg, escapeXml } from './dilation-map';
import { layerRows, type SearchReport, stageShares } from './report-data';

const STYLE = `
:root{--ink:#27364b;--soft:#65748b;--line:#e3e8ef;--blue:#1d6fa5}
*{box-sizing:border-box}body{margin:0;background:#f3f5f8;color:var(--ink);font:15px/1.5 Inter,system-ui,Helvetica,Arial,sans-serif}
main{max-width:1120px;margin:0 auto;padding:40px 24px 64px}h1{font-size:28px;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:17px;margin:0 0 2px}p{margin:0 0 14px;color:var(--soft);max-width:76ch}
p.warning{color:#9a4a12;background:#fdf1e6;border-radius:8px;padding:10px 14px}
section{background:#fff;border:1px solid var(--line);border-radius:12px;padding:22px 24px;margin-top:20px;overflow-x:auto}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:14px;margin-top:24px}
.tile{background:#fff;border:1px solid var(--line);border-radius:12px;padding:14px 18px}
.tile b{display:block;font-size:24px;color:var(--blue);font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:13px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:8px}svg{max-width:100%;height:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{padding:6px 12px;text-align:right;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600;font-size:13px}td:first-child,th:first-child{text-align:left}tr:last-child td{border-bottom:0}`;

/** @returns an HTML document. */
export function renderReport(report: SearchReport): string {
  const { title, result, baselines = {}, warning, fields, cost } = report;
  const { pattern, error, seconds } = result;
  const rows = layerRows(report);
  const units = rows.reduce((sum, row) => sum + row.channels, 0);
  const undilated = rows.reduce((sum, row) => sum + row.undilated * row.channels, 0) / units;
  const ones = baselines.ones;
  const stages = stageShares(result, 0).length;
  const tiles: [string, string][] = [
    [String(rows.length), 'layers searched'],
    [units.toLocaleString('en'), 'channels (or groups)'],
    [percent(undilated), 'stay undilated'],
    [
      percent(error.mean),
      ones === undefined ? 'of the super-network lost' : `lost, undilated loses ${percent(ones.mean)}`,
    ],
    [
      `${seconds.selection.toFixed(2)} s`,
      seconds.statistics > 0.01 ? `selection, after ${seconds.statistics.toFixed(1)} s of statistics` : 'selection',
    ],
  ];
  const sections = [
    section(
      'Dilations of each layer',
      'A square a layer: rows are the dilation in height, columns in width. Numbers are percent of the layer’s channels; empty cells are not used.',
      dilationMapSvg(pattern),
    ),
    section(
      'Stages and axes',
      'Share of channels by dilation, for all searched layers of a stage together.',
      `<div class="pair">${([0, 1] as const).map((axis) => renderSvg(stageChart(report, axis), { width: 520, height: 90 + 44 * stages })).join('')}</div>`,
    ),
    section(
      'Error before and after',
      `What each pattern loses of the super-network by ${escapeXml(result.objective)}, relative to the whole layer: 0 loses nothing.`,
      renderSvg(searchErrorChart(report), { width: 1060, height: 380 }),
    ),
    ...(fields === undefined
      ? []
      : [
          section(
            'Effective receptive field',
            'How far the last searched layer sees, with random weights: plain against searched, to one scale.',
            receptiveFieldSvg([
              { title: 'plain', field: fields.plain },
              { title: 'searched', field: fields.searched },
            ]),
          ),
        ]),
    ...(cost === undefined
      ? []
      : [
          section(
            'Cost',
            'The searched network costs what the plain one does.',
            table(['', 'plain', 'super-network', 'searched'], cost),
          ),
        ]),
    section(
      'Layers',
      '',
      table(
        ['layer', 'channels', 'dilations in use', 'mean height', 'mean width', 'undilated', 'error'],
        rows.map((row) => [
          row.name,
          String(row.channels),
          String(row.distinct),
          row.meanHeight.toFixed(2),
          row.meanWidth.toFixed(2),
          percent(row.undilated),
          percent(row.error),
        ]),
      ),
    ),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeXml(title)}</title>
<style>${STYLE}</style></head><body><main>
<h1>${escapeXml(title)}</h1><p>Objective ${escapeXml(result.objective)}, dilations up to ${pattern.maxDilation} on each axis.</p>
${warning === undefined ? '' : `<p class="warning">${escapeXml(warning)}</p>\n`}<div class="tiles">${tiles.map(([value, text]) => `<div class="tile"><b>${value}</b><span>${text}</span></div>`).join('')}</div>
${sections.join('\n')}
</main></body></html>
`;
}

const percent = (share: number) => `${(100 * share).toFixed(1)}\u00a0%`;
const section = (title: string, text: string, body: string) =>
  `<section><h2>${title}</h2>${text === '' ? '' : `<p>${text}</p>`}${body}</section>`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeXml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${line(head, 'th')}${rows.map((cells) => line(cells, 'td')).join('')}</table>`;
}
