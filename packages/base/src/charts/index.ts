export { type Page, type PageSection, pageTable, renderPage } from './page';
export { type ChartSize, renderSvg } from './render-svg';
