export type { PictureSize } from '@icconv/base';
export { groupingNotes, otherCategories } from './check/category-notes';
export type { CheckFinding, CheckReport, Severity } from './check/check';
export { checkDataset } from './check/check';
export { dataReport, requireObjects, selectObjects } from './check/data-report';
export { formatCheck } from './check/format';
export { formatDataReports } from './check/format-data';
export type { ObjectCount, ObjectReason } from './check/object-counts';
export type { DataReport, DataReportOptions, ObjectSelection } from './check/report-types';
export type { Bin, DatasetStatistics } from './check/statistics';
export { datasetStatistics } from './check/statistics';
export { maskOutlines, maskPolygons } from './convert/polygons/mask-polygons';
export type { ConversionEffect, ConversionEntry, ConversionKind } from './convert/report';
export { ConversionReport, formatConversion } from './convert/report';
export { categoriesByName, groupingCategories, learnedCategories } from './data/categories';
export { COCO_CATEGORIES, cocoCategoryIds, cocoClassNames } from './data/coco-categories';
export { withBoxes, withSizes } from './data/complete';
export type { AnnotationFilter, OneOrMore } from './data/dataset';
export { CocoDataset } from './data/dataset';
export type { DatasetColumns } from './data/dataset-builder';
export type { ObjectBox } from './data/object-box';
export { boxOf } from './data/object-box';
export type { CocoReadOptions, ResultColumns } from './data/results';
export { CocoResults } from './data/results';
export { CocoArgumentError, CocoError, CocoFormatError, CocoMaskError, CocoMismatchError } from './errors';
export type { ErrorAnalysis, ErrorKind, ErrorOptions, ErrorRow, ObjectSize } from './eval/errors';
export { analyzeErrors, ERROR_KINDS } from './eval/errors';
export { type Evaluation, type PrecisionRecallPoint, precisionRecallCurve } from './eval/evaluation';
export { CocoEvaluator, evaluate } from './eval/evaluator';
export type { EvaluateOptions, EvaluationParams, IouType } from './eval/params';
export { COCO_SIGMAS, CROWDPOSE_SIGMAS } from './eval/params';
export { type CategoryRow, perCategory } from './eval/per-category';
export type { Metric } from './eval/summary';
export { formatSummary, metrics, metricValue } from './eval/summary';
export type { EvaluationWarning } from './eval/warnings';
export type {
  CocoAnnotation,
  CocoCategory,
  CocoDetection,
  CocoFile,
  CocoId,
  CocoImage,
  CocoRle,
  CocoSegmentation,
} from './format/types';
export type { CocoInput, CocoPieces } from './json/cursor';
export type { OverlapOptions } from './masks/iou';
export { bboxIou, maskIou } from './masks/iou';
export type { PolygonOptions } from './masks/polygon';
export { rleFromBbox, rleFromPolygon, rleFromPolygons } from './masks/polygon';
export type { MaskDecodeOptions, Rle } from './masks/rle';
export { decodeRle, encodeMask, mergeRles, rleArea, rleFromCoco, rleToBbox, rleToCoco } from './masks/rle';
