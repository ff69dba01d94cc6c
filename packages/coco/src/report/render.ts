/** All charts of an evaluation as SVG, and a page that holds them. */
import { escapeHtml } from '@icconv/base';
import { type PageSection, pageTable, renderPage, renderSvg } from '@icconv/base/charts';
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
  const { evaluation } = report;
  return renderPage({
    title: options.title ?? `COCO ${evaluation.params.iouType} evaluation`,
    sections: [
      { title: 'Summary', html: `<pre>${escapeHtml(formatSummary(evaluation))}</pre>` },
      ...reportSections(report),
    ],
  });
}

/** Charts and table of categories, for a page that has more to tell. */
export function reportSections(report: Report): PageSection[] {
  const rows = perCategory(report.evaluation, report.dataset).map((row) => [
    ...[row.name, String(row.objects)],
    ...[row.AP, row.AP50, row.AP75, row.AR].map((value) => (value < 0 ? '' : value.toFixed(3))),
  ]);
  const charts = Object.values(renderCharts(report)).map((html) => ({ html }));
  if (rows.length === 0) return charts;
  return [
    ...charts,
    { title: 'Categories', html: pageTable(['category', 'objects', 'AP', 'AP50', 'AP75', 'AR'], rows) },
  ];
}
