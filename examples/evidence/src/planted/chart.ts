/** The picture of the results: accuracy and recovery by method, and what each choice costs. */
import { renderSvg } from '@icconv/edo/report';
import type { EChartsOption } from 'echarts';
import { bySeed, methodsOf, spread } from '../rows';
import type { Row } from './results';

const INK = '#27364b';
const [BLUE, ORANGE, GREEN] = ['#1d6fa5', '#e0893b', '#4a9d6e'];

export function chart(rows: readonly Row[]): string {
  const methods = methodsOf(rows);
  const mean = (method: string, measure: 'accuracy' | 'weightedRecovery' | 'superSeconds' | 'selectSeconds') =>
    spread(bySeed(rows, method, measure)).mean;
  const round = (value: number) => (Number.isNaN(value) ? '-' : Number(value.toPrecision(4)));
  const searched = methods.filter((method) => /^(edo-|darts|spos)/.test(method));
  const seeds = methods.flatMap((method, i) => bySeed(rows, method, 'accuracy').map((value) => [value, i]));
  const title = (text: string, left: string | number) => ({
    text,
    left,
    top: 6,
    textStyle: { fontSize: 14, color: INK },
  });
  const option: EChartsOption = {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'Inter, system-ui, Helvetica, Arial, sans-serif', color: INK },
    title: [
      title('Right labels (chance 0.5) and planted dilations found', 12),
      title('Processor seconds, logarithmic', 690),
    ],
    legend: [
      { data: ['accuracy', 'recovery', 'a seed'], left: 130, bottom: 4, itemGap: 36 },
      { data: ['super-network or search', 'choice'], left: 760, bottom: 4, itemGap: 56 },
    ],
    grid: [
      { left: 140, width: 500, top: 40, bottom: 64 },
      { left: 820, width: 300, top: 40, bottom: 64 },
    ],
    xAxis: [
      { type: 'value', min: 0, max: 1, gridIndex: 0 },
      { type: 'log', min: 0.0001, gridIndex: 1, axisLabel: { hideOverlap: true } },
    ],
    yAxis: [
      { type: 'category', inverse: true, data: methods, gridIndex: 0, axisTick: { show: false } },
      {
        type: 'category',
        inverse: true,
        data: searched,
        gridIndex: 1,
        axisTick: { show: false },
        splitLine: { show: true },
      },
    ],
    series: [
      { name: 'accuracy', type: 'bar', color: BLUE!, data: methods.map((method) => round(mean(method, 'accuracy'))) },
      {
        name: 'recovery',
        type: 'bar',
        color: ORANGE!,
        data: methods.map((method) => round(mean(method, 'weightedRecovery'))),
      },
      { name: 'a seed', type: 'scatter', color: INK, symbolSize: 5, data: seeds },
      ...(['superSeconds', 'selectSeconds'] as const).map((measure, i) => ({
        name: i === 0 ? 'super-network or search' : 'choice',
        // Points: a bar on a logarithmic axis has no foot.
        type: 'scatter' as const,
        symbolSize: 11,
        color: i === 0 ? '#8a9099' : GREEN!,
        xAxisIndex: 1,
        yAxisIndex: 1,
        data: searched.map((method, row) => [mean(method, measure), row]),
      })),
    ],
  };
  return renderSvg(option, { width: 1160, height: 90 + 36 * methods.length });
}
