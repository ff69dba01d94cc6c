/** The picture of a setting: what each method gains over the plain network by object size, and what super-networks lose on their way. */
import { renderSvg } from '@icconv/base/charts';
import type { EChartsOption, SeriesOption } from 'echarts';
import { bySeed, methodsOf, spread } from '../rows';
import type { Starved } from './config';
import { difference, type Field, type Row, type Stage, sizeClasses } from './results';

const INK = '#27364b';
const BASE = 'plain-scratch';
const BLUE = '#1d6fa5';
const ORANGE = '#e0893b';
/** Of a method the same in every picture. */
const COLORS: Readonly<Record<string, string>> = {
  super: '#8a9099',
  'plain-cut': ORANGE,
  manual: '#4a9d6e',
  random: '#c0504d',
  'edo-weight-l1': BLUE,
  'edo-output-error': '#3aa6a6',
  'edo-expectation': '#8e5ea2',
  'edo-signed-weights': '#b8a13a',
  darts: '#5a5a8f',
  spos: '#7a5230',
};

export function chart(
  { rows, fields, stages }: { rows: readonly Row[]; fields: readonly Field[]; stages: readonly Stage[] },
  config: Starved,
): string {
  const classes = sizeClasses(config);
  const methods = methodsOf(rows).filter((method) => method !== BASE);
  const gain = (method: string, label: string) => difference(rows, method, BASE, label);
  const series = methods.map((method): SeriesOption => {
    const gains = classes.map(({ label }) => gain(method, label)?.mean ?? '-');
    const line = { type: 'line' as const, name: method, color: COLORS[method]!, symbolSize: 7, data: gains };
    return method === 'super' ? { ...line, lineStyle: { type: 'dashed' } } : line;
  });
  const title = (text: string, left: number) => ({ text, left, top: 6, textStyle: { fontSize: 14, color: INK } });
  const field = spread(bySeed(fields, BASE, 'height')).mean;
  const told = Number.isNaN(field) ? '' : `; its C5 sees 95 % within ${field.toFixed(0)} px`;
  const size = 'side' in config.data ? 'height' : 'root of the area';
  const updates = [...new Set(stages.map((stage) => stage.updates))].sort((a, b) => a - b);
  const lost = (measure: 'best' | 'random') =>
    updates.map((at) => spread(stages.filter((stage) => stage.updates === at).map((stage) => stage[measure])).mean);
  // The second panel, where the search was asked on the way.
  const asked = <T>(...panel: T[]): T[] => (updates.length === 0 ? [] : panel);
  const option: EChartsOption = {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'Inter, system-ui, Helvetica, Arial, sans-serif', color: INK },
    title: [
      title(`AP minus that of plain from scratch, by ${size} in pixels${told}`, 12),
      ...asked(title('Share lost by updates', 800)),
    ],
    legend: [
      { data: methods, left: 12, bottom: 4, width: 720, itemGap: 34 },
      ...asked({ data: ['best', 'random pattern'], left: 880, bottom: 4, itemGap: 34 }),
    ],
    grid: [{ left: 60, width: 680, top: 44, bottom: 92 }, ...asked({ left: 850, width: 290, top: 44, bottom: 92 })],
    xAxis: [
      { type: 'category', gridIndex: 0, data: classes.map(({ label }) => label.replace(/^AP /, '')) },
      ...asked({ type: 'category' as const, gridIndex: 1, data: updates.map(String) }),
    ],
    yAxis: [{ type: 'value', gridIndex: 0 }, ...asked({ type: 'value' as const, gridIndex: 1, scale: true })],
    series: [
      ...series,
      ...asked<SeriesOption>(
        { type: 'line', name: 'best', color: BLUE, xAxisIndex: 1, yAxisIndex: 1, data: lost('best') },
        { type: 'line', name: 'random pattern', color: ORANGE, xAxisIndex: 1, yAxisIndex: 1, data: lost('random') },
      ),
    ],
  };
  return renderSvg(option, { width: updates.length === 0 ? 760 : 1160, height: 460 });
}
