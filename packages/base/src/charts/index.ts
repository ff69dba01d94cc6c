export { type ChartSize, renderSvg } from './render-svg';
