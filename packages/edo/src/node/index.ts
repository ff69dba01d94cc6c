/** Searches as files ask for them: configuration, a folder of pictures, results in a folder. Needs Node, and for `writeSearch` the optional peer `echarts`. */
export { layerRows, type SearchReport } from '../report/report-data';
export { loadSuperNetwork, type SuperNetwork } from './load-super-network';
export type { PictureWatcher, SearchPictures, SkippedPicture } from './pictures';
export { runSearch, type SearchInput, type SearchRun } from './run-search';
export {
  modelSearchSchema,
  type PictureSettings,
  type SearchConfig,
  type SearchSettings,
  searchSchema,
} from './search-schema';
export { type WriteSearchOptions, writeSearch } from './write-search';
