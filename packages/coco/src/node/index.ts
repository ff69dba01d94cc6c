export type { YoloFolderOptions } from './formats';
export { loadVoc, loadYolo, loadYoloResults, saveDataset, saveResults, saveVoc, saveYolo } from './formats';
export type { LoadOptions } from './load';
export { loadDataset, loadResults } from './load';
export type { ParallelOptions } from './parallel';
export { evaluateParallel } from './parallel';
