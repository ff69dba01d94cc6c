export type { LoadOptions } from './load';
export { loadDataset, loadResults } from './load';
