/** `icconv search --config FILE`: dilations for a network from its trained super-network. */
import { readConfig } from '@icconv/base/config';
import { layerRows } from '@icconv/edo/report';
import { useEngine } from '@icconv/tensor-ops/engine';
import Table from 'cli-table3';
import { Command } from 'commander';
import { collect } from '../config/collect';
import { countOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { runSearch, type SearchRun } from '../search/run-search';
import { searchSchema } from '../search/search-config';
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
    const run = await runSearch(file, config, signal, readingOf(flags, config.opaqueClasses));
    if (json) {
      const { result, report, files, data } = run;
      const { objective, error, seconds } = result;
      console.log(
        JSON.stringify(
          { objective, error, baselines: report.baselines, seconds, layers: layerRows(report), files, data },
          null,
          2,
        ),
      );
    } else console.log(table(run));
  });
}

function table({ report, result, files }: SearchRun): string {
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
