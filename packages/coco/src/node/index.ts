export type { CheckPicturesOptions, PictureCheck, PictureFault, PictureFaultKind } from './check-pictures';
export { checkPictures, formatPictureFaults } from './check-pictures';
export {
  type ConvertDatasetOptions,
  type ConvertResultsOptions,
  convertDataset,
  convertedFormat,
  convertResults,
  DATASET_FORMATS,
  type DatasetFormat,
  RESULTS_FORMATS,
  type ResultsFormat,
} from './convert';
export { type ClassFolderOptions, loadClassFolder } from './data/class-folder';
export type { CocoData } from './data/coco-data';
export { type DataSource, type OpenDataOptions, type OpenedData, openData } from './data/open-data';
export { type PictureFile, pictureFiles } from './data/picture-files';
export { DEFAULT_PICTURE_RULES, type PictureRules, pictureFields } from './data/picture-rules';
export { type DataDescription, isDataYaml, readDataYaml, type Split } from './data-yaml';
export { datasetDigest, describeDataset } from './digest';
export type { LoadOptions } from './load';
export { loadDataset, loadResults } from './load';
export type { ParallelOptions } from './parallel';
export { evaluateParallel } from './parallel';
export { saveDataset, saveResults } from './save';
export type { VocFolderOptions } from './voc-folder';
export { loadVoc, saveVoc } from './voc-folder';
export { writeReport } from './write-report';
export type { YoloFolderOptions } from './yolo-folder';
export { loadYolo, loadYoloResults, readClassNames, saveYolo } from './yolo-folder';
