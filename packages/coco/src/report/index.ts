export { categoryChart, confusionChart, errorChart, precisionRecallChart } from './charts';
export type { ChartSize, Report } from './render';
export { renderCharts, renderHtml, renderSvg } from './render';
