/** Annotations and results in the formats of others, text by text; folders and files of them are in the entry for Node. */
export { resultsFromCsv, resultsToCsv } from './csv';
export type { VocFile, VocOutput, VocReadOptions, VocWriteOptions } from './voc';
export { datasetFromVoc, datasetToVoc } from './voc';
export { datasetFromYolo, resultsFromYolo } from './yolo/read';
export type { KeypointShape, YoloDataset, YoloImage, YoloKind, YoloWriteOptions } from './yolo/types';
export { datasetToYolo } from './yolo/write';
