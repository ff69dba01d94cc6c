/** `icconv search --config FILE`: dilations for a network from its trained super-network. */
import { counted } from '@icconv/base';
import { besideConfig, readConfig } from '@icconv/base/config';
import {
  layerRows,
  loadSuperNetwork,
  type PictureWatcher,
  runSearch,
  type SearchConfig,
  type SearchRun,
  searchSchema,
  writeSearch,
} from '@icconv/edo/node';
import { useEngine } from '@icconv/tensor-ops/engine';
import type { OpenWeightsOptions } from '@icconv/tensor-ops/weights';
import * as tf from '@tensorflow/tfjs-core';
import Table from 'cli-table3';
import { Command } from 'commander';
import { collect } from '../config/collect';
import { countOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { type CountProgress, countProgress } from '../ui/count-progress';
import { readingOf, type WeightFlags, withWeightOptions } from '../weights/weight-options';

interface SearchFlags extends WeightFlags {
  readonly config: string;
  readonly set?: readonly string[];
  readonly threads?: number;
  readonly json?: boolean;
}

export function searchCommand({ signal }: CommandContext): Command {
  const command = new Command('search')
    .description('find the dilation of every channel from a trained super-network; writes pattern, weights and report')
    .requiredOption('--config <file>', 'YAML or JSON')
    .option('--set <place=value>', 'override a value of the file, such as maxDilation=6; may be repeated', collect)
    .option('--threads <n>', 'threads of TensorFlow, by default all processors', countOption)
    .option('--json', 'print the result as JSON');
  return withWeightOptions(command).action(async ({ config: file, set, threads, json, ...flags }: SearchFlags) => {
    const config = await readConfig(file, searchSchema, set);
    await useEngine({ device: 'auto', ...(threads !== undefined && { threads }) });
    const { run, files } = await search(file, config, signal, readingOf(flags, config.opaqueClasses));
    const { warning } = run.report;
    if (json) console.log(JSON.stringify(summary(run, files), null, 2));
    else console.log(table(run, files));
    if (warning !== undefined) console.error(`warning: ${warning}`);
  });
}

/** From the super-network's file to the folder of results. */
async function search(file: string, config: SearchConfig, signal: AbortSignal, reading: OpenWeightsOptions) {
  const { weights, data, output, ...settings } = config;
  const network = await loadSuperNetwork({ ...config, weights: besideConfig(file, weights) }, { ...reading, signal });
  const pictures = data && { data: { ...data, images: besideConfig(file, data.images) } };
  const { stop, ...watcher } = tellPictures(signal);
  let run: SearchRun | undefined;
  try {
    run = await runSearch(network, { ...settings, ...pictures }, watcher);
    return { run, files: await writeSearch(besideConfig(file, output), run) };
  } finally {
    stop();
    tf.dispose([network.weights, run?.weights ?? []]);
  }
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

function summary(run: SearchRun, files: readonly string[]) {
  const { result, report, pictures } = run;
  const { objective, error, seconds } = result;
  const { baselines, warning } = report;
  return { objective, error, baselines, warning, seconds, layers: layerRows(report), files, data: pictures };
}

function table({ report, result }: SearchRun, files: readonly string[]): string {
  const rows = layerRows(report);
  const lines = new Table({
    head: ['layer', 'channels', 'dilations', 'mean dH', 'mean dW', 'undilated', 'error'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    lines.push([
      row.name,
      String(row.channels),
      String(row.distinct),
      row.meanHeight.toFixed(2),
      row.meanWidth.toFixed(2),
      percent(row.undilated),
      row.error.toFixed(3),
    ]);
  }
  const errors = [['searched', result.error] as const, ...Object.entries(report.baselines ?? {})];
  return [
    lines.toString(),
    `lost of the super-network by ${result.objective}: ${errors.map(([name, { mean }]) => `${name} ${mean.toFixed(3)}`).join(', ')}`,
    `selection ${result.seconds.selection.toFixed(2)} s, statistics ${result.seconds.statistics.toFixed(2)} s`,
    ...files,
  ].join('\n');
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
