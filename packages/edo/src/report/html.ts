/** A search's report as one self-contained page: no script, no font, no link goes out. */

import { type PageSection, pageTable, renderPage, renderSvg } from '@icconv/base/charts';
import { receptiveFieldSvg } from '@icconv/inception-conv/receptive-field';
import { searchErrorChart, stageChart } from './charts';
import { dilationMapSvg } from './dilation-map';
import { layerRows, type SearchReport, stageShares } from './report-data';

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
      `What each pattern loses of the super-network by ${result.objective}, relative to the whole layer: 0 loses nothing.`,
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
            pageTable(['', 'plain', 'super-network', 'searched'], cost),
          ),
        ]),
    section(
      'Layers',
      '',
      pageTable(
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
  return renderPage({
    ...{ title, warning, tiles, sections },
    intro: `Objective ${result.objective}, dilations up to ${pattern.maxDilation} on each axis.`,
  });
}

const percent = (share: number) => `${(100 * share).toFixed(1)}\u00a0%`;
const section = (title: string, text: string, html: string): PageSection => ({ title, text, html });
