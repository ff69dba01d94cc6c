/** What the trainings of all tasks have in common on the command line. */

import { join } from 'node:path';
import { counted } from '@icconv/base';
import { besideConfig } from '@icconv/base/config';
import { readText, writeAtomically } from '@icconv/base/files';
import type { DataReport } from '@icconv/coco';
import type { OpenedData, PictureRules } from '@icconv/coco/node';
import type { LoadWeightsOptions } from '@icconv/models/files';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import type { StateDict } from '@icconv/training';
import { checkRun, type RunSettings, type TrainResult } from '@icconv/training/node';
import type { Tensor } from '@tensorflow/tfjs-core';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { collect } from '../config/collect';
import { countOption, workersOption } from '../config/number-options';
import { type PictureFlags, withPictureRules } from '../data/data-options';
import { readyData } from '../data/ready-data';
import { tellData } from '../data/tell-data';
import { type WeightFlags, withWeightOptions } from '../weights/weight-options';

export interface TrainCliOptions extends WeightFlags, PictureFlags {
  readonly config: string;
  readonly set?: readonly string[];
  readonly output?: string;
  readonly resume?: boolean;
  readonly allowChanges?: boolean;
  readonly threads?: number;
  readonly workers?: number;
  readonly json?: boolean;
}

export function withTrainOptions(command: Command, presets: Readonly<Record<string, object>>): Command {
  return withPictureRules(withWeightOptions(command))
    .requiredOption('--config <file>', `YAML or JSON; presets: ${Object.keys(presets).join(', ')}`)
    .option('--set <place=value>', 'override a value of the file, such as recipe.epochs=3; may be repeated', collect)
    .option('--output <folder>', 'folder of the run, instead of the file’s')
    .option('--resume', 'go on with the run in the folder')
    .option('--allow-changes', 'go on although recipe, network or data differ from the run’s; they are listed')
    .option('--threads <n>', 'threads of TensorFlow, by default all processors', countOption)
    .option('--workers <n>', 'threads that decode pictures', workersOption)
    .option('--json', 'print the result as JSON');
}

/** @throws {@link InvalidArgumentError} where only wasm is there, which has no gradients. */
export async function requireNativeEngine(threads: number | undefined): Promise<void> {
  const engine = await useEngine({ device: 'auto', ...(threads !== undefined && { threads }) });
  if (engine.backend === 'tensorflow') return;
  throw new InvalidArgumentError('train', 'engine', engine.device, 'the native one, which icconv setup provides');
}

interface DataConfig {
  readonly train: { readonly annotations: string; readonly images: string };
  readonly val?: DataConfig['train'] | undefined;
}

export interface TrainingData {
  readonly train: OpenedData;
  readonly val?: OpenedData;
}

/** Both parts of the data, ready before anything is written. @param file - the configuration file, which the paths are relative to. */
export async function openData(
  file: string,
  { train, val }: DataConfig,
  rules: PictureRules,
  signal: AbortSignal,
): Promise<TrainingData> {
  const open = (name: string, { annotations, images }: DataConfig['train']) => {
    const source = { name, annotations: besideConfig(file, annotations), images: besideConfig(file, images) };
    return readyData(source, rules, signal);
  };
  return {
    train: await open('train', train),
    ...(val !== undefined && { val: await open('val', val) }),
  };
}

/** Tells what is learned and scored. @returns the reports for JSON. @throws CocoError where nothing is left. */
export function tellTrainingData(
  file: string,
  config: DataConfig,
  data: TrainingData,
  reports: { readonly train: DataReport; readonly val?: DataReport },
): Record<string, object> {
  const part = (name: 'train' | 'val') => {
    const [own, report, { annotations = '' } = {}] = [data[name], reports[name], config[name]];
    if (own === undefined || report === undefined) return undefined;
    return { data: own, report, annotations: besideConfig(file, annotations) };
  };
  return tellData({ train: part('train'), val: part('val') });
}

/**
 * Puts a checkpoint's weights in their places; those of another shape, as of a head for other classes, stay random, and are told.
 *
 * @param whole - whether what is missing is told too: not for a backbone.
 * @returns the names that were loaded.
 */
export async function startFrom(
  weights: StateDict,
  load: (options: LoadWeightsOptions) => Promise<Record<string, Tensor>>,
  whole: boolean,
): Promise<readonly string[]> {
  const loaded = await load({
    strict: false,
    skipMismatched: true,
    onReport: ({ mismatched, missing, unreadable }) => {
      for (const { name, reason } of unreadable) console.error(`${name}: random, as it cannot be read: ${reason}`);
      for (const { name, expected, received } of mismatched) {
        console.error(`${name}: random, as the file's shape is [${received.join()}] and not [${expected.join()}]`);
      }
      if (whole && missing.length > 0) console.error(`random, as missing: ${missing.join(', ')}`);
    },
  });
  for (const [name, tensor] of Object.entries(loaded)) {
    weights[name]!.dispose();
    weights[name] = tensor;
  }
  return Object.keys(loaded);
}

/**
 * Keeps the configuration with the run: the file, with the values that the command line gave as comments at its head.
 *
 * @throws CheckpointError where the folder holds a run that is not to be resumed, or was begun with other settings, before anything of it
 *   changes.
 */
export async function beginRun(
  folder: string,
  { config: file, set = [], resume = false, allowChanges = false }: TrainCliOptions,
  settings: RunSettings,
): Promise<void> {
  const changes = await checkRun(folder, { resume, allowChanges, settings });
  if (changes.length > 0) console.error(`resumed with other settings:\n  ${changes.join('\n  ')}`);
  const overrides = set.map((override) => `# --set ${override.replaceAll(/\s+/g, ' ')}\n`);
  await writeAtomically(join(folder, 'config.yaml'), [...overrides, await readText(file)]);
}

/** Best and last epoch by their metrics, and where everything is. */
export function trainingSummary(
  folder: string,
  rows: TrainResult['rows'],
  minutes: number,
  metrics: readonly string[],
): string {
  const evaluated = rows.filter((row) => row['val/AP'] !== undefined);
  const done = `${counted(rows.length, 'epoch')} in ${minutes.toFixed(1)} min; weights, curves and results.csv are in ${folder}`;
  if (evaluated.length === 0) return done;
  const best = evaluated.reduce((a, b) => (Number(b['val/AP']) > Number(a['val/AP']) ? b : a));
  const table = new Table({
    head: ['', 'epoch', ...metrics],
    colAligns: ['left', 'right', ...metrics.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  const line = (name: string, row: (typeof evaluated)[number]) => [
    name,
    String(row.epoch),
    ...metrics.map((metric) => Number(row[`val/${metric}`]).toFixed(3)),
  ];
  table.push(line('best', best), line('last', evaluated.at(-1)!));
  return `${table.toString()}\n${done}`;
}

/** Prints how a run ended; an interrupted one sets the exit code of Ctrl-C. */
export function printResult(
  task: string,
  result: TrainResult,
  more: { folder: string; minutes: number; data: Record<string, object> },
  json: boolean,
  metrics: readonly string[],
): void {
  if (json) console.log(JSON.stringify({ ...result, ...more }, null, 2));
  else if (result.reason === 'interrupted') console.log(`saved; icconv train ${task} --resume goes on`);
  else console.log(trainingSummary(more.folder, result.rows, more.minutes, metrics));
  if (result.unreadable.length > 0) {
    console.error(`left out, as they could not be read: ${counted(result.unreadable.length, 'picture')}`);
    for (const { path, reason } of result.unreadable) console.error(`  ${path}: ${reason}`);
  }
  if (result.reason === 'interrupted') process.exitCode = 130;
}
