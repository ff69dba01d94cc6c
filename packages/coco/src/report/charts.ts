/** Charts of an evaluation as ECharts options: plain objects, to render here or in a page of your own. */
import type { EChartsOption } from 'echarts';
import type { CocoDataset } from '../data/dataset';
import { ERROR_KINDS, type ErrorAnalysis } from '../eval/errors';
import { type Evaluation, precisionRecallCurve } from '../eval/evaluation';
import { perCategory } from '../eval/per-category';

const BASE = { animation: false, backgroundColor: '#fff' } as const;
const WORDS = {
  correct: 'correct',
  classification: 'wrong class',
  duplicate: 'duplicate',
  localisation: 'badly placed',
  both: 'place and class wrong',
  background: 'background',
} as const;
/** More categories than this make a chart unreadable: the largest are shown. */
const MANY = 40;

/** Precision over recall, averaged over categories: one line for each overlap threshold. */
export function precisionRecallChart(evaluation: Evaluation): EChartsOption {
  const { iouThrs } = evaluation.params;
  return {
    ...BASE,
    title: { text: 'Precision over recall', subtext: 'mean over categories, by overlap threshold' },
    legend: { right: 10, top: 60, orient: 'vertical' },
    grid: { left: 60, right: 110, top: 70, bottom: 50 },
    xAxis: { type: 'value', min: 0, max: 1, name: 'recall', nameLocation: 'middle', nameGap: 28 },
    yAxis: { type: 'value', min: 0, max: 1, name: 'precision' },
    // From blue (loose) to red (strict), however many there are.
    color: iouThrs.map((_, i) => `hsl(${Math.round(220 - (220 * i) / iouThrs.length)}, 75%, 45%)`),
    series: iouThrs.map((iou) => ({
      name: iou.toFixed(2),
      type: 'line' as const,
      showSymbol: false,
      data: precisionRecallCurve(evaluation, { iou }).map((p) => [p.recall, p.precision]),
    })),
  };
}

/** AP of the categories as bars, best first; categories without objects are left out. */
export function categoryChart(evaluation: Evaluation, dataset: CocoDataset): EChartsOption {
  const rows = perCategory(evaluation, dataset)
    .filter((row) => row.objects > 0)
    .sort((a, b) => b.objects - a.objects)
    .slice(0, MANY)
    .sort((a, b) => b.AP - a.AP);
  return {
    ...BASE,
    title: { text: 'Average precision by category' },
    grid: { left: 60, right: 20, top: 50, bottom: 110 },
    xAxis: { type: 'category', data: rows.map((row) => row.name), axisLabel: { rotate: 60, interval: 0 } },
    yAxis: { type: 'value', min: 0, max: 1 },
    legend: { right: 10, top: 10 },
    series: (['AP', 'AP50'] as const).map((key) => ({
      name: key,
      type: 'bar' as const,
      data: rows.map((row) => round(row[key])),
    })),
  };
}

/** Kinds of mistakes: all categories together, then those with the most mistakes. */
export function errorChart(errors: ErrorAnalysis): EChartsOption {
  const mistakes = (row: ErrorAnalysis['total']) =>
    row.classification + row.duplicate + row.localisation + row.both + row.background + row.missed;
  const rows = [...errors.perCategory].sort((a, b) => mistakes(b) - mistakes(a)).slice(0, MANY / 2);
  // As parts of all, so that rare categories can be read.
  const part = (row: ErrorAnalysis['total'], value: number) => round(value / Math.max(1, mistakes(row) + row.correct));
  const all = [{ name: 'all', ...errors.total }, ...rows].reverse();
  const kinds = [...ERROR_KINDS.map((kind) => [kind, WORDS[kind]] as const), ['missed', 'missed'] as const];
  return {
    ...BASE,
    title: {
      text: 'Mistakes',
      subtext: `overlap ${errors.iouThr}, scores from ${errors.minScore}; parts of detections and missed objects`,
    },
    legend: { top: 66, itemGap: 14, itemWidth: 14, textStyle: { fontSize: 11, width: 95, overflow: 'break' } },
    grid: { left: 120, right: 20, top: 110, bottom: 30 },
    xAxis: { type: 'value', min: 0, max: 1 },
    yAxis: { type: 'category', data: all.map((row) => row.name), axisLabel: { interval: 0 } },
    series: kinds.map(([kind, name]) => ({
      name,
      type: 'bar' as const,
      stack: 'all',
      data: all.map((row) => part(row, row[kind])),
    })),
  };
}

/** Which categories are taken for which: parts of the objects (last row: detections on the background are left out). */
export function confusionChart(
  errors: Pick<ErrorAnalysis, 'confusion'> & { readonly perCategory: readonly { readonly objects: number }[] },
): EChartsOption {
  const { labels, counts } = errors.confusion;
  const background = labels.length - 1;
  const shown = errors.perCategory
    .map((row, k) => ({ k, objects: row.objects }))
    .filter((row) => row.objects > 0)
    .sort((a, b) => b.objects - a.objects)
    .slice(0, MANY)
    .map((row) => row.k);
  const columns = [...shown, background];
  const cells = shown.flatMap((truth, y) => {
    const total = Math.max(
      1,
      counts[truth]!.reduce((a, b) => a + b, 0),
    );
    return columns.map((predicted, x) => [x, shown.length - 1 - y, round(counts[truth]![predicted]! / total)]);
  });
  return {
    ...BASE,
    title: {
      text: 'Confusion',
      subtext: 'row: category of the object; column: of the detection, or "background" where it was not found',
    },
    grid: { left: 120, right: 80, top: 60, bottom: 110 },
    xAxis: { type: 'category', data: columns.map((k) => labels[k]!), axisLabel: { rotate: 60, interval: 0 } },
    yAxis: { type: 'category', data: shown.map((k) => labels[k]!).reverse(), axisLabel: { interval: 0 } },
    visualMap: { min: 0, max: 1, right: 0, top: 'middle', inRange: { color: ['#ffffff', '#08306b'] } },
    series: [{ type: 'heatmap', data: cells }],
  };
}

const round = (value: number) => Math.round(value * 1e4) / 1e4;
