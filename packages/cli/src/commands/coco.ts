/** `icconv coco`: looks after COCO files. */
import { readFile } from 'node:fs/promises';
import { writeAtomically } from '@icconv/base/files';
import {
  CocoArgumentError,
  type CocoDataset,
  type CocoResults,
  checkDataset,
  formatCheck,
  resultsFromCsv,
  resultsToCsv,
} from '@icconv/coco';
import {
  loadDataset,
  loadResults,
  loadVoc,
  loadYolo,
  loadYoloResults,
  saveDataset,
  saveResults,
  saveVoc,
  saveYolo,
} from '@icconv/coco/node';
import { Argument, Command, Option } from 'commander';
import { countOption } from '../config/number-options';
import type { CommandContext } from '../program';

export function cocoCommand(context: CommandContext): Command {
  return new Command('coco')
    .description('check and convert COCO annotations and results')
    .addCommand(checkCommand(context))
    .addCommand(convertCommand(context));
}

function checkCommand({ signal }: CommandContext): Command {
  return new Command('check')
    .description('look for faults and traps in an annotation file; exit code 1 where there are errors')
    .argument('<file>', 'annotation file')
    .option('--results <file>', 'check a results file against it too')
    .option('--classes <n>', 'categories in the histogram', countOption, 20)
    .option('--json', 'print the report as JSON')
    .action(async (file: string, options: { results?: string; classes: number; json?: boolean }) => {
      const dataset = await loadDataset(file, { signal });
      const results = options.results === undefined ? undefined : await loadResults(options.results, { signal });
      const report = checkDataset(dataset, results === undefined ? {} : { results });
      console.log(options.json ? JSON.stringify(report, null, 2) : formatCheck(report, { classes: options.classes }));
      if (report.findings.some((finding) => finding.severity === 'error')) process.exitCode = 1;
    });
}

const DATASETS = ['coco', 'yolo', 'voc'] as const;
const RESULTS = ['results', 'csv', 'yolo-results'] as const;
type Format = (typeof DATASETS)[number] | (typeof RESULTS)[number];

interface ConvertOptions {
  readonly from: Format;
  readonly to: Format;
  readonly images?: string;
  readonly names?: string;
  readonly gt?: string;
  readonly polygons?: boolean;
}

function convertCommand({ signal }: CommandContext): Command {
  return new Command('convert')
    .description('convert annotations (coco, yolo, voc) or results (results, csv, yolo-results)')
    .addArgument(new Argument('<input>', 'a file; a folder for yolo and voc'))
    .addArgument(new Argument('<output>', 'a file; a folder for yolo and voc'))
    .addOption(
      new Option('--from <format>', 'format of the input').choices([...DATASETS, ...RESULTS]).makeOptionMandatory(),
    )
    .addOption(
      new Option('--to <format>', 'format of the output')
        .choices([...DATASETS, 'results', 'csv'])
        .makeOptionMandatory(),
    )
    .option('--images <folder>', 'pictures that YOLO labels belong to, for their sizes')
    .option('--names <list>', 'category names in order, with commas between, or a file with one a line')
    .option('--gt <file>', 'annotation file whose ids YOLO results take')
    .option('--polygons', 'write YOLO polygons instead of boxes')
    .action(async (input: string, output: string, options: ConvertOptions) => {
      const isDataset = (format: Format) => (DATASETS as readonly string[]).includes(format);
      if (isDataset(options.from) !== isDataset(options.to)) {
        const fitting = isDataset(options.from) ? DATASETS : RESULTS.slice(0, 2);
        throw new CocoArgumentError(
          'coco convert',
          '--to',
          options.to,
          `${fitting.join(' or ')} when --from is ${options.from}`,
        );
      }
      if (isDataset(options.from)) {
        const dataset = await readDataset(input, options, signal);
        await writeDataset(output, dataset, options);
        console.log(`${output}: ${dataset.imageCount} images, ${dataset.annotationCount} annotations`);
      } else {
        const results = await readResults(input, options, signal);
        if (options.to === 'csv') await writeAtomically(output, resultsToCsv(results));
        else await saveResults(output, results);
        console.log(`${output}: ${results.size} detections`);
      }
    });
}

async function readDataset(input: string, options: ConvertOptions, signal: AbortSignal): Promise<CocoDataset> {
  const names = await readNames(options.names);
  if (options.from === 'coco') return loadDataset(input, { signal });
  if (options.from === 'voc') return loadVoc(input, names === undefined ? {} : { names });
  const images = needed('--images', options.images, 'the folder of the pictures when --from is yolo');
  return loadYolo(input, { images, ...(names !== undefined && { names }) });
}

async function writeDataset(output: string, dataset: CocoDataset, options: ConvertOptions): Promise<void> {
  if (options.to === 'coco') await saveDataset(output, dataset);
  else if (options.to === 'voc') await saveVoc(output, dataset);
  else await saveYolo(output, dataset, { polygons: options.polygons ?? false });
}

async function readResults(input: string, options: ConvertOptions, signal: AbortSignal): Promise<CocoResults> {
  if (options.from === 'results') return loadResults(input, { signal });
  if (options.from === 'csv') return resultsFromCsv(await readFile(input, 'utf8'), { source: input });
  const images = needed('--images', options.images, 'the folder of the pictures when --from is yolo-results');
  const gt = needed('--gt', options.gt, 'the annotation file when --from is yolo-results');
  return loadYoloResults(input, { images, dataset: await loadDataset(gt, { signal }) });
}

function needed(name: string, value: string | undefined, expected: string): string {
  if (value === undefined) throw new CocoArgumentError('coco convert', name, value, expected);
  return value;
}

/** A comma-separated list, or the lines of a file where one has that name. */
async function readNames(names: string | undefined): Promise<string[] | undefined> {
  if (names === undefined) return undefined;
  const text = await readFile(names, 'utf8').catch(() => undefined);
  return (text?.split(/\r?\n/) ?? names.split(',')).map((name) => name.trim()).filter((name) => name !== '');
}
