/** All charts of an evaluation as SVG, and a page that holds them. */
import { renderSvg } from '@icconv/base/charts';
import type { CocoDataset } from '../data/dataset';
import type { ErrorAnalysis } from '../eval/errors';
import type { Evaluation } from '../eval/evaluation';
import { perCategory } from '../eval/per-category';
import { formatSummary } from '../eval/summary';
import { categoryChart, confusionChart, errorChart, precisionRecallChart } from './charts';

/** Side of a square chart: as wide as the others are. */
const WIDTH = 900;

export interface Report {
  readonly evaluation: Evaluation;
  readonly dataset: CocoDataset;
  readonly errors?: ErrorAnalysis;
}

/** All charts by name; `categories` only where there is more than one. */
export function renderCharts(report: Report): Record<string, string> {
  const { evaluation, dataset, errors } = report;
  const charts: Record<string, string> = { 'precision-recall': renderSvg(precisionRecallChart(evaluation)) };
  if (perCategory(evaluation, dataset).length > 1) charts.categories = renderSvg(categoryChart(evaluation, dataset));
  if (errors !== undefined) {
    charts.errors = renderSvg(errorChart(errors));
    charts.confusion = renderSvg(confusionChart(errors), { height: WIDTH });
  }
  return charts;
}

/** One self-contained HTML page: summary, charts, table of categories. */
export function renderHtml(report: Report, options: { readonly title?: string } = {}): string {
  const { evaluation, dataset } = report;
  const title = escapeHtml(options.title ?? `COCO ${evaluation.params.iouType} evaluation`);
  const rows = perCategory(evaluation, dataset).map(
    (row) =>
      `<tr><td>${escapeHtml(row.name)}</td><td>${row.objects}</td>${[row.AP, row.AP50, row.AP75, row.AR]
        .map((v) => `<td>${v < 0 ? '' : v.toFixed(3)}</td>`)
        .join('')}</tr>`,
  );
  const table =
    rows.length === 0
      ? ''
      : `<table><tr><th>category</th><th>objects</th><th>AP</th><th>AP50</th><th>AP75</th><th>AR</th></tr>${rows.join('\n')}</table>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:14px system-ui,sans-serif;max-width:960px;margin:2em auto;padding:0 16px}pre{overflow-x:auto}
td,th{padding:2px 12px;text-align:right;font-variant-numeric:tabular-nums}td:first-child,th:first-child{text-align:left}
tr:nth-child(even){background:#f4f4f4}svg{margin:1em 0;max-width:100%;height:auto}</style></head>
<body><h1>${title}</h1><pre>${escapeHtml(formatSummary(evaluation))}</pre>
${Object.values(renderCharts(report)).join('\n')}
${table}
</body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
