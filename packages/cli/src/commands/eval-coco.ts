/** `icconv eval bbox|segm|keypoints`: COCO's metric over two files. */
import { join } from 'node:path';
import { makeFolder, writeAtomically } from '@icconv/base/files';
import { writeChart } from '@icconv/base/pictures';
import {
  analyzeErrors,
  CocoArgumentError,
  type CocoDataset,
  type CocoResults,
  type ErrorAnalysis,
  type EvaluateOptions,
  type Evaluation,
  formatSummary,
  type IouType,
  perCategory,
} from '@icconv/coco';
import { evaluateParallel, loadDataset, loadResults } from '@icconv/coco/node';
import { Command, Option } from 'commander';
import { countOption, numberOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { TASKS } from '../tasks';
import { categoryTable } from './category-table';
import { evalTaskCommand } from './eval-task';

interface EvalOptions {
  readonly gt: string;
  readonly dt: string;
  readonly perCategory?: boolean;
  readonly plots?: string;
  readonly json?: boolean;
  readonly agnostic?: boolean;
  readonly maxDets?: readonly number[];
  readonly iouThrs?: readonly number[];
  readonly sigmas?: readonly number[];
  readonly minScore: number;
  readonly threads?: number;
  readonly maxRecordBytes?: number;
  readonly protocol?: 'coco' | 'crowdpose';
  readonly compat?: 'none' | 'pycocotools';
  readonly unknownImages?: 'error' | 'ignore';
}

export function evalCommand(context: CommandContext): Command {
  const command = new Command('eval').description('evaluate result files against annotations');
  for (const iouType of ['bbox', 'segm', 'keypoints'] as const) command.addCommand(evalCocoCommand(iouType, context));
  for (const task of TASKS) command.addCommand(evalTaskCommand(task, context));
  return command;
}

function evalCocoCommand(iouType: IouType, { signal }: CommandContext): Command {
  const what = { bbox: 'boxes', segm: 'masks', keypoints: 'keypoints' }[iouType];
  const command = new Command(iouType)
    .description(`average precision and recall of ${what}, as COCO defines them`)
    .requiredOption('--gt <file>', 'annotation file')
    .requiredOption('--dt <file>', 'results file')
    .option('--per-category', 'print the table by category')
    .option(
      '--plots <folder>',
      'write charts (SVG, PNG) and a report (HTML): precision over recall, categories, mistakes, confusion',
    )
    .option('--json', 'print everything as JSON')
    .option('--agnostic', 'ignore categories')
    .option('--max-dets <list>', 'detections taken from an image, such as 1,10,100', numbers)
    .option('--iou-thrs <list>', 'overlap thresholds, such as 0.5,0.75', numbers)
    .option('--min-score <score>', 'least score in the analysis of mistakes', numberOption, 0.3)
    .option('--max-record-bytes <n>', 'most bytes of one annotation or detection', countOption)
    .option('--threads <n>', 'threads, by default as many as pay', countOption)
    .addOption(new Option('--compat <mode>', 'repeat the known faults of pycocotools').choices(['none', 'pycocotools']))
    .addOption(
      new Option('--unknown-images <mode>', 'detections of images that the annotations lack').choices([
        'error',
        'ignore',
      ]),
    );
  if (iouType === 'keypoints') {
    command
      .option('--sigmas <list>', 'falloff of each keypoint', numbers)
      .addOption(
        new Option('--protocol <name>', 'CrowdPose: its areas, and AP by crowd index').choices(['coco', 'crowdpose']),
      );
  }
  return command.action(async (options: EvalOptions) => {
    const { maxRecordBytes } = options;
    const reading = { signal, shared: true, ...(maxRecordBytes !== undefined && { maxRecordBytes }) };
    const dataset = await loadDataset(options.gt, reading);
    const results = await loadResults(options.dt, reading);
    const settings = evaluateOptions(iouType, options);
    const { threads } = options;
    const evaluation = await evaluateParallel(dataset, results, {
      ...settings,
      ...(threads !== undefined && { threads }),
    });
    const errors =
      options.plots !== undefined || options.json ? mistakes(dataset, results, settings, options) : undefined;
    if (options.json) console.log(JSON.stringify(asJson(evaluation, dataset, errors), null, 2));
    else {
      console.log(formatSummary(evaluation));
      for (const { message } of evaluation.warnings) console.log(`warning: ${message}`);
      if (options.perCategory) console.log(`\n${categoryTable(perCategory(evaluation, dataset))}`);
    }
    if (options.plots !== undefined) await writePlots(options.plots, evaluation, dataset, errors);
  });
}

function evaluateOptions(iouType: IouType, options: EvalOptions): EvaluateOptions {
  return {
    iouType,
    ...(options.agnostic && { useCats: false }),
    ...(options.maxDets !== undefined && { maxDets: options.maxDets }),
    ...(options.iouThrs !== undefined && { iouThrs: options.iouThrs }),
    ...(options.sigmas !== undefined && { sigmas: options.sigmas }),
    ...(options.protocol !== undefined && { protocol: options.protocol }),
    ...(options.compat !== undefined && { compat: options.compat }),
    ...(options.unknownImages !== undefined && { unknownImages: options.unknownImages }),
  };
}

function mistakes(
  dataset: CocoDataset,
  results: CocoResults,
  settings: EvaluateOptions,
  { minScore }: EvalOptions,
): ErrorAnalysis {
  const { iouType, unknownImages, sigmas } = settings;
  return analyzeErrors(dataset, results, {
    iouType,
    minScore,
    ...(settings.protocol !== undefined && { protocol: settings.protocol }),
    ...(sigmas !== undefined && { sigmas }),
    ...(unknownImages !== undefined && { unknownImages }),
  });
}

function asJson(evaluation: Evaluation, dataset: CocoDataset, errors: ErrorAnalysis | undefined): object {
  const { params, stats, skipped, warnings } = evaluation;
  const { imgIds, ...settings } = params;
  return {
    params: { ...settings, images: imgIds.length },
    stats,
    perCategory: perCategory(evaluation, dataset),
    skipped,
    warnings,
    errors,
  };
}

async function writePlots(
  folder: string,
  evaluation: Evaluation,
  dataset: CocoDataset,
  errors?: ErrorAnalysis,
): Promise<void> {
  // The chart library is large: loaded only here.
  const { renderCharts, renderHtml } = await import('@icconv/coco/report');
  const report = { evaluation, dataset, ...(errors !== undefined && { errors }) };
  await makeFolder(folder);
  for (const [name, svg] of Object.entries(renderCharts(report))) await writeChart(join(folder, name), svg);
  await writeAtomically(join(folder, 'report.html'), renderHtml(report));
  console.error(`${join(folder, 'report.html')} and its charts are written`);
}

function numbers(text: string): number[] {
  const values = text.split(',').map(Number);
  if (text === '' || values.some(Number.isNaN))
    throw new CocoArgumentError('eval', 'list', text, 'numbers with commas between');
  return values;
}
