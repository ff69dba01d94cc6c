/** Charts of a report, as ECharts options. */
import type { EChartsOption } from 'echarts';
import { layerRows, type SearchReport, stageShares } from './report-data';

const INK = '#27364b';
const PALETTE = ['#1d6fa5', '#e0893b', '#4a9d6e', '#b6486f', '#7a68b3', '#8a9099'];
const BASE = {
  animation: false,
  backgroundColor: 'transparent',
  color: PALETTE,
  textStyle: { fontFamily: 'Inter, system-ui, Helvetica, Arial, sans-serif', color: INK },
} as const;

/** Share of channels by dilation on one axis, a bar a stage. */
export function stageChart({ result }: SearchReport, axis: 0 | 1): EChartsOption {
  const { maxDilation } = result.pattern;
  const stages = stageShares(result, axis);
  const blues = Array.from({ length: maxDilation }, (_, i) => {
    const t = maxDilation === 1 ? 1 : i / (maxDilation - 1);
    return `hsl(${208 - 8 * t}, ${45 + 25 * t}%, ${84 - 56 * t}%)`;
  });
  return {
    ...BASE,
    color: blues,
    title: { text: axis === 0 ? 'Height' : 'Width', left: 8, top: 4, textStyle: { fontSize: 14, color: INK } },
    legend: { top: 4, right: 8, itemWidth: 12, itemHeight: 12, itemGap: 18 },
    grid: { left: 84, right: 24, top: 44, bottom: 32 },
    xAxis: { type: 'value', max: 1, axisLabel: { formatter: (value: number) => `${Math.round(value * 100)} %` } },
    yAxis: { type: 'category', inverse: true, data: stages.map(({ stage }) => stage), axisTick: { show: false } },
    series: Array.from({ length: maxDilation }, (_, i) => ({
      name: `dilation ${i + 1}`,
      type: 'bar' as const,
      stack: 'shares',
      barCategoryGap: '35%',
      data: stages.map(({ shares }) => round(shares[i]!)),
    })),
  };
}

/** What each pattern loses of the super-network, by layer. */
export function searchErrorChart(report: SearchReport): EChartsOption {
  const rows = layerRows(report);
  const series = [
    ...Object.entries(report.baselines ?? {}).map(([name, error]) => ({ name, values: error.layers })),
    { name: 'searched', values: rows.map(({ error }) => error) },
  ];
  return {
    ...BASE,
    color: [...['#c3cad4', '#e0893b', '#4a9d6e', '#b6486f'].slice(0, series.length - 1), '#1d6fa5'],
    legend: { top: 4, right: 8, itemGap: 18 },
    grid: { left: 60, right: 20, top: 40, bottom: 96 },
    xAxis: {
      type: 'category',
      data: rows.map(({ name }) => name),
      axisLabel: { rotate: 50, interval: 0, fontSize: 10.5 },
    },
    yAxis: { type: 'value', scale: true, name: 'relative error', nameTextStyle: { align: 'left' } },
    series: series.map(({ name, values }, i) => ({
      name,
      type: 'line' as const,
      symbolSize: i === series.length - 1 ? 7 : 4,
      lineStyle: { width: i === series.length - 1 ? 3 : 1.5 },
      data: values.map(round),
    })),
  };
}

const round = (value: number) => Math.round(value * 1e4) / 1e4;
