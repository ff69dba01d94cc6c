/** Curves of a training, from the rows of its `results.csv`. */
import { join } from 'node:path';
import { writeChart } from '@icconv/base/pictures';
import type { EChartsOption } from 'echarts';

type Row = Readonly<Record<string, number | string>>;

const SIZE = { width: 960, height: 420 } as const;

/** Losses at the left, metrics of the evaluations at the right, over epochs. */
function trainingCurvesChart(rows: readonly Row[], title: string): EChartsOption {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (column: string, axis: number) => ({
    name: column.slice(column.indexOf('/') + 1),
    type: 'line' as const,
    xAxisIndex: axis,
    yAxisIndex: axis,
    // One epoch makes no line.
    showSymbol: axis === 1 || rows.length === 1,
    symbolSize: 4,
    data: rows.filter((row) => typeof row[column] === 'number').map((row) => [row.epoch!, row[column]!]),
  });
  const losses = columns.filter((column) => column.startsWith('train/'));
  const metrics = columns.filter((column) => column.startsWith('val/'));
  const xAxis = { type: 'value', name: 'epoch', nameLocation: 'middle', nameGap: 26, minInterval: 1, min: 0 } as const;
  const epochs = Math.max(...rows.map((row) => Number(row.epoch)));
  const best = Math.max(0, ...rows.flatMap((row) => metrics.map((column) => Number(row[column] ?? 0))));
  return {
    animation: false,
    backgroundColor: '#fff',
    title: [
      { text: title, left: 10, top: 6, textStyle: { fontSize: 14 } },
      { text: 'losses', left: 60, top: 34, textStyle: { fontSize: 12 } },
      { text: 'evaluation', left: 540, top: 34, textStyle: { fontSize: 12 } },
    ],
    legend: { bottom: 4 },
    grid: [
      { left: 60, width: 390, top: 64, bottom: 84 },
      { left: 540, width: 390, top: 64, bottom: 84 },
    ],
    xAxis: [
      { ...xAxis, gridIndex: 0, max: epochs },
      { ...xAxis, gridIndex: 1, max: epochs },
    ],
    yAxis: [
      { type: 'value', gridIndex: 0, min: 0 },
      { type: 'value', gridIndex: 1, min: 0, ...(best <= 1 && { max: 1 }) },
    ],
    series: [...losses.map((column) => line(column, 0)), ...metrics.map((column) => line(column, 1))],
  };
}

/** Writes `curves.svg` and `curves.png` into the folder. */
export async function writeTrainingCurves(folder: string, rows: readonly Row[], title: string): Promise<void> {
  if (rows.length === 0) return;
  // The chart library is large: loaded only here.
  const { renderSvg } = await import('@icconv/base/charts');
  await writeChart(join(folder, 'curves'), renderSvg(trainingCurvesChart(rows, title), SIZE));
}
