/** `icconv search`: dilations for a network from its trained super-network. */
import { counted, defined } from '@icconv/base';
import { besideConfig, readConfig } from '@icconv/base/config';
import {
  layerRows,
  loadSuperNetwork,
  modelSearchSchema,
  type PictureWatcher,
  runSearch,
  type SearchRun,
  searchSchema,
  writeSearch,
} from '@icconv/edo/node';
import { type ModelSearch, searchModel, taskOfFolder } from '@icconv/task';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import * as tf from '@tensorflow/tfjs-core';
import { Command } from 'commander';
import { collect } from '../config/collect';
import { countOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { TASKS } from '../tasks';
import { type CountProgress, countProgress } from '../ui/progress';
import { table } from '../ui/table';
import { readingOf, type WeightFlags, withWeightOptions } from '../weights/weight-options';

interface SearchFlags extends WeightFlags {
  readonly config?: string;
  readonly model?: string;
  readonly weights?: string;
  readonly output?: string;
  readonly set?: readonly string[];
  readonly threads?: number;
  readonly json?: boolean;
}

export function searchCommand({ signal }: CommandContext): Command {
  const command = new Command('search')
    .option('--model <folder>', 'a training with model.super; the network that is found is written as a whole model')
    .option('--weights <file>', 'of the model, by default model, best or final.safetensors in its folder')
    .option('--config <file>', 'YAML or JSON: a super-network’s file; with --model only how to search')
    .option('--set <place=value>', 'override a value of the file, such as maxDilation=6; may be repeated', collect)
    .option('--output <folder>', 'where the results go, instead of the file’s')
    .option('--threads <n>', 'threads of TensorFlow, by default all processors', countOption)
    .option('--json', 'print the result as JSON');
  return withWeightOptions(command).action(async (flags: SearchFlags) => {
    const { threads, json } = flags;
    await useEngine({ device: 'auto', ...defined({ threads }) });
    const run =
      flags.model === undefined ? await searchFile(flags, signal) : await searchFolder(flags.model, flags, signal);
    const { warning } = run.report;
    if (json) console.log(JSON.stringify(summary(run), null, 2));
    else console.log(text(run));
    if (warning !== undefined) console.error(`warning: ${warning}`);
  });
}

/** From a super-network's file to the folder of results. */
async function searchFile(flags: SearchFlags, signal: AbortSignal): Promise<ModelSearch> {
  const { config: file, set, output: folder } = flags;
  if (file === undefined) throw new InvalidArgumentError('search', '--config', file, 'given, or --model');
  const { weights, data, output, ...config } = await readConfig(file, searchSchema, set);
  const reading = { ...readingOf(flags, config.opaqueClasses), signal };
  const network = await loadSuperNetwork({ ...config, weights: besideConfig(file, weights) }, reading);
  const pictures = data && { data: { ...data, images: besideConfig(file, data.images) } };
  const { stop, ...watcher } = tellPictures(signal);
  let run: SearchRun | undefined;
  try {
    run = await runSearch(network, { ...config, ...pictures }, watcher);
    return { ...run, files: await writeSearch(folder ?? besideConfig(file, output), run) };
  } finally {
    stop();
    tf.dispose([network.weights, run?.weights ?? []]);
  }
}

/** From the folder of a super-network to that of the network that is found. */
async function searchFolder(model: string, flags: SearchFlags, signal: AbortSignal): Promise<ModelSearch> {
  const { config: file, set, weights } = flags;
  const { data, output, ...settings } = await readConfig(file, modelSearchSchema, set);
  const beside = (path: string) => (file === undefined ? path : besideConfig(file, path));
  const folder = flags.output ?? (output && beside(output));
  if (folder === undefined)
    throw new InvalidArgumentError('search', '--output', folder, 'given, or output in --config');
  const images = data && { data: { ...data, images: beside(data.images) } };
  const { task } = await taskOfFolder(model, TASKS);
  const { stop, ...watcher } = tellPictures(signal);
  const options = { ...readingOf(flags), ...watcher, ...defined({ weights }) };
  return searchModel(task, model, folder, { ...settings, ...images }, options).finally(stop);
}

/** Pictures on the way: a bar, and a line for each that is left out. */
function tellPictures(signal: AbortSignal): PictureWatcher & { stop(): void } {
  let progress: CountProgress | undefined;
  return {
    signal,
    onPictures({ folder, found, chosen }) {
      console.error(`statistics of ${counted(chosen, 'picture')}, of ${found} in ${folder}`);
      progress = countProgress('statistics', chosen);
    },
    onPicture(done, total) {
      progress?.update(done);
      if (done === total) progress?.stop();
    },
    onSkipped: ({ name, reason }) => console.error(`left out: ${name}: ${reason}`),
    stop: () => progress?.stop(),
  };
}

function summary({ result, report, pictures, files }: ModelSearch) {
  const { objective, error, seconds } = result;
  const { baselines, warning } = report;
  return { objective, error, baselines, warning, seconds, layers: layerRows(report), files, data: pictures };
}

function text({ report, result, files }: ModelSearch): string {
  const rows = layerRows(report).map(({ name, channels, distinct, meanHeight, meanWidth, undilated, error }) => [
    ...[name, channels, distinct, meanHeight.toFixed(2), meanWidth.toFixed(2), percent(undilated), error.toFixed(3)],
  ]);
  const errors = [['searched', result.error] as const, ...Object.entries(report.baselines ?? {})];
  return [
    table(['layer', 'channels', 'dilations', 'mean dH', 'mean dW', 'undilated', 'error'], rows),
    `lost of the super-network by ${result.objective}: ${errors.map(([name, { mean }]) => `${name} ${mean.toFixed(3)}`).join(', ')}`,
    `selection ${result.seconds.selection.toFixed(2)} s, statistics ${result.seconds.statistics.toFixed(2)} s`,
    ...files,
  ].join('\n');
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
