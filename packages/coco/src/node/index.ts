export type { CheckPicturesOptions, PictureCheck, PictureFault, PictureFaultKind } from './check-pictures';
export { checkPictures, formatPictureFaults } from './check-pictures';
export type { YoloFolderOptions } from './formats';
export { loadVoc, loadYolo, loadYoloResults, saveVoc, saveYolo } from './formats';
export type { LoadOptions } from './load';
export { loadDataset, loadResults } from './load';
export type { ParallelOptions } from './parallel';
export { evaluateParallel } from './parallel';
export { saveDataset, saveResults } from './save';
