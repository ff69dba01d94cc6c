/** `icconv eval bbox|segm|keypoints`: COCO's metric over two files. */
import { defined } from '@icconv/base';
import {
  analyzeErrors,
  CocoArgumentError,
  type CocoDataset,
  type ErrorAnalysis,
  type Evaluation,
  formatSummary,
  type IouType,
  perCategory,
} from '@icconv/coco';
import { evaluateParallel, loadDataset, loadResults, writeReport } from '@icconv/coco/node';
import { Command, Option } from 'commander';
import { countOption, numberOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { TASKS } from '../tasks';
import { categoryTable } from './category-table';
import { evalTaskCommand } from './eval-task';

interface EvalFlags {
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
  const command = new Command('eval');
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
  return command.action(async (flags: EvalFlags) => {
    const { gt, dt, agnostic, maxDets, iouThrs, sigmas, protocol, compat, unknownImages, minScore, plots } = flags;
    const reading = { signal, shared: true, ...defined({ maxRecordBytes: flags.maxRecordBytes }) };
    const dataset = await loadDataset(gt, reading);
    const results = await loadResults(dt, reading);
    const common = { iouType, ...defined({ sigmas, protocol, unknownImages }) };
    const evaluation = await evaluateParallel(dataset, results, {
      ...common,
      ...defined({ maxDets, iouThrs, compat, threads: flags.threads, useCats: agnostic ? false : undefined }),
    });
    const looked = plots !== undefined || flags.json;
    const errors = looked ? analyzeErrors(dataset, results, { ...common, minScore }) : undefined;
    if (flags.json) console.log(JSON.stringify(asJson(evaluation, dataset, errors), null, 2));
    else {
      console.log(formatSummary(evaluation));
      for (const { message } of evaluation.warnings) console.log(`warning: ${message}`);
      if (flags.perCategory) console.log(`\n${categoryTable(perCategory(evaluation, dataset))}`);
    }
    if (plots === undefined) return;
    const report = await writeReport(plots, { evaluation, dataset, ...defined({ errors }) });
    console.error(`${report} and its charts are written`);
  });
}

function asJson(evaluation: Evaluation, dataset: CocoDataset, errors: ErrorAnalysis | undefined): object {
  const { params, stats, skipped, warnings } = evaluation;
  const { imgIds, ...settings } = params;
  const categories = perCategory(evaluation, dataset);
  return { params: { ...settings, images: imgIds.length }, stats, perCategory: categories, skipped, warnings, errors };
}

function numbers(text: string): number[] {
  const values = text.split(',').map(Number);
  if (text === '' || values.some(Number.isNaN))
    throw new CocoArgumentError('eval', 'list', text, 'numbers with commas between');
  return values;
}
