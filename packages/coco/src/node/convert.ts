/** Files and folders of one format into those of another, with an account of what was left out or changed. */
import { defined } from '@icconv/base';
import { readText, writeAtomically } from '@icconv/base/files';
import { ConversionReport } from '../convert/report';
import type { YoloDataset } from '../convert/yolo/types';
import { withSizes } from '../data/complete';
import type { CocoDataset } from '../data/dataset';
import type { CocoResults } from '../data/results';
import { CocoArgumentError } from '../errors';
import { checkPictures } from './check-pictures';
import type { Split } from './data-yaml';
import { loadDataset, loadResults } from './load';
import { saveDataset, saveResults } from './save';
import { loadVoc, saveVoc } from './voc-folder';
import { loadYolo, loadYoloResults, saveYolo } from './yolo-folder';

/** Of annotations: `coco` is a file, `yolo` and `voc` are folders; as input `yolo` may be a `data.yaml` too. */
export const DATASET_FORMATS = ['coco', 'yolo', 'voc'] as const;
export type DatasetFormat = (typeof DATASET_FORMATS)[number];

/** Of results: `results` is COCO's file. */
export const RESULTS_FORMATS = ['results', 'csv', 'yolo-results'] as const;
export type ResultsFormat = (typeof RESULTS_FORMATS)[number];

export interface ConvertDatasetOptions extends Partial<Pick<YoloDataset, 'kind' | 'keypointShape' | 'names'>> {
  readonly from: DatasetFormat;
  /** @defaultValue `'coco'`, unless that is what the input is */
  readonly to?: DatasetFormat;
  /** Folder of the pictures, whose sizes YOLO's labels need, and other annotations are compared with. */
  readonly images?: string;
  /** Which pictures of a `data.yaml`. @defaultValue the only one */
  readonly split?: Split;
  /** Write YOLO's polygons instead of boxes. @defaultValue `false` */
  readonly polygons?: boolean;
  /** Leave out pictures without labels. @defaultValue `false` */
  readonly labelledOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface ConvertResultsOptions
  extends Pick<ConvertDatasetOptions, 'kind' | 'keypointShape' | 'images' | 'signal'> {
  readonly from: ResultsFormat;
  /** @defaultValue `'results'`, unless that is what the input is */
  readonly to?: 'results' | 'csv';
  /** Annotation file whose ids YOLO's results take. */
  readonly gt?: string;
}

/**
 * Converts annotations.
 *
 * @returns what was written, left out and changed.
 * @throws CocoArgumentError for options that do not go together; CocoFormatError by file and line; FileError; ImageDecodeError.
 */
export async function convertDataset(
  input: string,
  output: string,
  options: ConvertDatasetOptions,
): Promise<ConversionReport> {
  const to = convertedFormat(options.from, options.to);
  const report = new ConversionReport();
  const dataset = await readDataset(input, options, report);
  const { kind, polygons = false, labelledOnly = false } = options;
  if (to === 'voc') await saveVoc(output, dataset, { report, labelledOnly });
  else if (to === 'yolo') {
    if (kind === 'obb') throw new CocoArgumentError('convert', 'kind', kind, 'detect, segment or pose when to is yolo');
    await saveYolo(output, dataset, { report, labelledOnly, polygons, ...defined({ kind }) });
  } else {
    report.restart();
    for (const id of dataset.getImgIds()) report.addPicture(dataset.rows({ imgIds: id }).length);
    await saveDataset(output, dataset);
  }
  return report;
}

/** Converts results. @throws as {@link convertDataset}. */
export async function convertResults(
  input: string,
  output: string,
  options: ConvertResultsOptions,
): Promise<ConversionReport> {
  const to = convertedFormat(options.from, options.to);
  const report = new ConversionReport();
  const results = await readResults(input, options, report);
  report.restart();
  const { imageIds, imageIndex } = results.columns;
  const counts = new Array<number>(imageIds.length).fill(0);
  for (const index of imageIndex) counts[index]!++;
  for (const count of counts) report.addPicture(count);
  if (to === 'csv') await writeAtomically(output, (await csv()).resultsToCsv(results));
  else await saveResults(output, results);
  return report;
}

/** What the input becomes: the field's own format unless said. @throws CocoArgumentError for what it cannot become. */
export function convertedFormat<F extends DatasetFormat | ResultsFormat>(from: F, to: F | undefined): F {
  const isDataset = (DATASET_FORMATS as readonly string[]).includes(from);
  const fitting = (isDataset ? DATASET_FORMATS : RESULTS_FORMATS.slice(0, 2)) as readonly string[] as readonly F[];
  const target = to ?? (from === fitting[0] ? undefined : fitting[0]);
  if (target !== undefined && fitting.includes(target)) return target;
  throw new CocoArgumentError('convert', 'to', target, `${fitting.join(' or ')} when from is ${from}`);
}

async function readDataset(
  input: string,
  { from, images, split, kind, keypointShape, names, labelledOnly, signal }: ConvertDatasetOptions,
  report: ConversionReport,
): Promise<CocoDataset> {
  if (from === 'voc') return loadVoc(input, { report, ...defined({ images, names }) });
  if (from === 'yolo') {
    if (images === undefined && !/\.ya?ml$/i.test(input)) {
      needed('images', images, 'the folder of the pictures, or the input a data.yaml, when from is yolo');
    }
    const found = defined({ images, names, split, kind, keypointShape, labelledOnly, signal });
    return loadYolo(input, { report, ...found });
  }
  const dataset = await loadDataset(input, defined({ signal }));
  if (images === undefined) return dataset;
  // Sizes that the file lacks, from the pictures; a picture of another size is told.
  const { sizes, faults } = await checkPictures(dataset, images, defined({ signal }));
  for (const { kind: fault, name, message } of faults) {
    report.add(fault === 'size' ? 'size-differs' : 'no-picture', `${name}: ${message}`);
  }
  return withSizes(dataset, sizes);
}

async function readResults(
  input: string,
  { from, images, gt, kind, keypointShape, signal }: ConvertResultsOptions,
  report: ConversionReport,
): Promise<CocoResults> {
  if (from === 'results') return loadResults(input, defined({ signal }));
  if (from === 'csv') {
    const text = await readText(input, { maxBytes: MAX_CSV_BYTES });
    return (await csv()).resultsFromCsv(text, { source: input });
  }
  const folder = needed('images', images, 'the folder of the pictures when from is yolo-results');
  const file = needed('gt', gt, 'the annotation file when from is yolo-results');
  const dataset = await loadDataset(file, defined({ signal }));
  return loadYoloResults(input, { images: folder, dataset, report, ...defined({ kind, keypointShape, signal }) });
}

/** With a parser that other formats have no need of. */
const csv = () => import('../convert/csv');

/** What one text can hold in JavaScript. */
const MAX_CSV_BYTES = 2 ** 29 - 2 ** 10;

function needed(name: string, value: string | undefined, expected: string): string {
  if (value === undefined) throw new CocoArgumentError('convert', name, value, expected);
  return value;
}
