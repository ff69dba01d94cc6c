/** `icconv coco convert`: annotations and results from one format to another, with an account of what was left out or changed. */
import { stat } from 'node:fs/promises';
import { readText, writeAtomically } from '@icconv/base/files';
import {
  CocoArgumentError,
  type CocoDataset,
  type CocoResults,
  ConversionReport,
  formatConversion,
  type KeypointShape,
  resultsFromCsv,
  resultsToCsv,
  withSizes,
  type YoloKind,
} from '@icconv/coco';
import {
  checkPictures,
  loadDataset,
  loadResults,
  loadVoc,
  loadYolo,
  loadYoloResults,
  readClassNames,
  type Split,
  saveDataset,
  saveResults,
  saveVoc,
  saveYolo,
} from '@icconv/coco/node';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from '../context';

const DATASETS = ['coco', 'yolo', 'voc'] as const;
const RESULTS = ['results', 'csv', 'yolo-results'] as const;
type Format = (typeof DATASETS)[number] | (typeof RESULTS)[number];

interface ConvertOptions {
  readonly from: Format;
  readonly to?: Format;
  readonly images?: string;
  readonly names?: string;
  readonly split?: Split;
  readonly gt?: string;
  readonly kind?: YoloKind;
  readonly keypoints?: KeypointShape;
  readonly polygons?: boolean;
  readonly labelledOnly?: boolean;
  readonly json?: boolean;
}

export function convertCommand({ signal }: CommandContext): Command {
  return new Command('convert')
    .description('convert annotations (coco, yolo, voc) or results (results, csv, yolo-results)')
    .addArgument(new Argument('<input>', 'a file; a folder for yolo and voc; for yolo also a data.yaml'))
    .addArgument(new Argument('<output>', 'a file; a folder for yolo and voc'))
    .addOption(
      new Option('--from <format>', 'format of the input').choices([...DATASETS, ...RESULTS]).makeOptionMandatory(),
    )
    .addOption(
      new Option('--to <format>', 'format of the output; coco or results where the input is something else').choices([
        ...DATASETS,
        'results',
        'csv',
      ]),
    )
    .option('--images <folder>', 'pictures, whose sizes YOLO labels need, and other annotations are compared with')
    .option('--names <list>', 'category names in order: with commas between, a file with one a line, or a data.yaml')
    .addOption(new Option('--split <name>', 'which pictures of a data.yaml').choices(['train', 'val', 'test']))
    .option('--gt <file>', 'annotation file whose ids YOLO results take')
    .addOption(
      new Option('--kind <kind>', 'what YOLO rows hold; when reading, found where it is not given').choices([
        'detect',
        'segment',
        'pose',
        'obb',
      ]),
    )
    .option('--keypoints <shape>', 'keypoints of YOLO poses, and numbers of each: 17x3 or 17x2', keypointShape)
    .addOption(new Option('--polygons', 'write YOLO polygons instead of boxes, as --kind segment').conflicts('kind'))
    .option('--labelled-only', 'leave out pictures without labels')
    .option('--json', 'print the report as JSON')
    .action(async (input: string, output: string, options: ConvertOptions) => {
      const to = targetOf(options);
      const report = new ConversionReport();
      if (isDataset(options.from)) {
        await writeDataset(output, to, await readDataset(input, options, report, signal), options, report);
      } else {
        const results = await readResults(input, options, report, signal);
        countResults(results, report);
        if (to === 'csv') await writeAtomically(output, resultsToCsv(results));
        else await saveResults(output, results);
      }
      if (options.json)
        console.log(JSON.stringify({ input, output, from: options.from, to, ...report.toJSON() }, null, 2));
      else console.log(`${output}: ${formatConversion(report)}`);
    });
}

const isDataset = (format: Format) => (DATASETS as readonly string[]).includes(format);

/** What the input becomes: the field's own format unless said. */
function targetOf({ from, to }: ConvertOptions): Format {
  const fitting = isDataset(from) ? DATASETS : RESULTS.slice(0, 2);
  const target = to ?? (from === fitting[0] ? undefined : fitting[0]);
  if (target !== undefined && (fitting as readonly Format[]).includes(target)) return target;
  throw new CocoArgumentError('coco convert', '--to', target, `${fitting.join(' or ')} when --from is ${from}`);
}

async function readDataset(
  input: string,
  options: ConvertOptions,
  report: ConversionReport,
  signal: AbortSignal,
): Promise<CocoDataset> {
  const { from, images, split, labelledOnly = false } = options;
  const names = await readNames(options.names);
  const found = { report, ...(images !== undefined && { images }), ...(names !== undefined && { names }) };
  if (from === 'coco') return withPictures(await loadDataset(input, { signal }), options, report, signal);
  if (from === 'voc') return loadVoc(input, found);
  if (images === undefined && !/\.ya?ml$/i.test(input)) {
    needed('--images', images, 'the folder of the pictures, or the input a data.yaml, when --from is yolo');
  }
  return loadYolo(input, { ...found, ...rowsOf(options), labelledOnly, signal, ...(split !== undefined && { split }) });
}

/** Sizes that the file lacks, from the pictures; a picture of another size is told. */
async function withPictures(
  dataset: CocoDataset,
  { images }: ConvertOptions,
  report: ConversionReport,
  signal: AbortSignal,
): Promise<CocoDataset> {
  if (images === undefined) return dataset;
  const { sizes, faults } = await checkPictures(dataset, images, { signal });
  for (const { kind, name, message } of faults) {
    report.add(kind === 'size' ? 'size-differs' : 'no-picture', `${name}: ${message}`);
  }
  return withSizes(dataset, sizes);
}

async function writeDataset(
  output: string,
  to: Format,
  dataset: CocoDataset,
  { kind, polygons = false, labelledOnly = false }: ConvertOptions,
  report: ConversionReport,
): Promise<void> {
  const how = { report, labelledOnly };
  if (to === 'voc') return saveVoc(output, dataset, how);
  if (to === 'yolo') {
    if (kind === 'obb')
      throw new CocoArgumentError('coco convert', '--kind', kind, 'detect, segment or pose when --to is yolo');
    return saveYolo(output, dataset, { ...how, polygons, ...(kind !== undefined && { kind }) });
  }
  report.restart();
  for (const id of dataset.getImgIds()) report.addPicture(dataset.rows({ imgIds: id }).length);
  return saveDataset(output, dataset);
}

async function readResults(
  input: string,
  options: ConvertOptions,
  report: ConversionReport,
  signal: AbortSignal,
): Promise<CocoResults> {
  if (options.from === 'results') return loadResults(input, { signal });
  if (options.from === 'csv')
    return resultsFromCsv(await readText(input, { maxBytes: MAX_CSV_BYTES }), { source: input });
  const images = needed('--images', options.images, 'the folder of the pictures when --from is yolo-results');
  const gt = needed('--gt', options.gt, 'the annotation file when --from is yolo-results');
  const dataset = await loadDataset(gt, { signal });
  return loadYoloResults(input, { images, dataset, report, signal, ...rowsOf(options) });
}

/** What one text can hold in JavaScript. */
const MAX_CSV_BYTES = 2 ** 29 - 2 ** 10;

function countResults(results: CocoResults, report: ConversionReport): void {
  report.restart();
  const { imageIds, imageIndex } = results.columns;
  const counts = new Array<number>(imageIds.length).fill(0);
  for (const index of imageIndex) counts[index]!++;
  for (const count of counts) report.addPicture(count);
}

const rowsOf = ({ kind, keypoints }: ConvertOptions) => ({
  ...(kind !== undefined && { kind }),
  ...(keypoints !== undefined && { keypointShape: keypoints }),
});

function needed(name: string, value: string | undefined, expected: string): string {
  if (value === undefined) throw new CocoArgumentError('coco convert', name, value, expected);
  return value;
}

function keypointShape(text: string): KeypointShape {
  const [, count, numbers] = /^(\d{1,4})[x,]([23])$/.exec(text) ?? [];
  if (count === undefined || Number(count) < 1) throw new InvalidArgumentError('expected a shape as 17x3 or 17x2.');
  return [Number(count), numbers === '2' ? 2 : 3];
}

/** A list with commas between, or a file where one has that name. */
async function readNames(names: string | undefined): Promise<readonly string[] | undefined> {
  if (names === undefined) return undefined;
  const isFile = /\.(?:ya?ml|txt|names)$/i.test(names) || (await stat(names).catch(() => undefined))?.isFile();
  if (isFile) return readClassNames(names);
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
