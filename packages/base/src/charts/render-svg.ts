/** Charts to SVG, in Node without a browser. Needs the optional peer `echarts`. */
import { type EChartsOption, init } from 'echarts';

export interface ChartSize {
  /** Pixels. @defaultValue 900 */
  readonly width?: number;
  /** Pixels. @defaultValue 560 */
  readonly height?: number;
}

/** A chart as SVG text. */
export function renderSvg(option: EChartsOption, { width = 900, height = 560 }: ChartSize = {}): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
