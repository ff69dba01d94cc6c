/** Reports of searches. Needs the optional peer `echarts`. */
export { renderSvg } from '@icconv/base/charts';
export { searchErrorChart, stageChart } from './charts';
export { dilationMapSvg } from './dilation-map';
export { renderReport } from './html';
export { layerRows, type SearchReport, stageShares } from './report-data';
