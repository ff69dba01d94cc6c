export { type ChartSize, renderSvg } from '@icconv/base/charts';
export { categoryChart, confusionChart, errorChart, precisionRecallChart } from './charts';
export type { Report } from './render';
export { renderCharts, renderHtml, reportSections } from './render';
