/** `icconv models list|fetch`: published checkpoints. */
import { access } from 'node:fs/promises';
import { type ByHand, type FetchedModel, fetchRow, findRow, rowPath, type ZooRow } from '@icconv/task';
import { Command } from 'commander';
import type { CommandContext } from '../context';
import { TASKS } from '../tasks';
import { downloadProgress } from '../ui/progress';
import { table } from '../ui/table';
import { formatBytes } from '../weights/format';

interface ListedRow extends ZooRow {
  /** Whose network it is. */
  readonly task: string;
}

/** Everything that can be named; the classifiers are the backbones of the other tasks' trainings too. */
const allRows = (): readonly ListedRow[] =>
  TASKS.flatMap(({ task }) => task.zoo.map((row) => ({ task: task.name, ...row })));

export function modelsCommand(context: CommandContext): Command {
  return new Command('models').addCommand(listCommand()).addCommand(fetchCommand(context));
}

function listCommand(): Command {
  return new Command('list')
    .description('names, sizes, what the publisher measured, licences')
    .argument('[text]', 'only names that contain it')
    .option('--json', 'print everything that is known of each as JSON')
    .action(async (text: string | undefined, { json }: { json?: boolean }) => {
      const rows = allRows().filter(({ name, task }) => `${task} ${name}`.includes(text ?? ''));
      const [entries, manual] = [rows.filter(isFetched), rows.filter((row) => !isFetched(row))];
      if (json) {
        const all = rows.map(async (row) => ({ ...row, cached: isFetched(row) && (await isCached(row)) }));
        console.log(JSON.stringify(await Promise.all(all), undefined, 2));
        return;
      }
      const cells = entries.map(async (row) => {
        const size = 'url' in row.file && row.file.bytes !== undefined ? formatBytes(row.file.bytes) : '';
        return [row.name, row.task, size, figures(row), row.licence.code, (await isCached(row)) ? 'yes' : ''];
      });
      const head = ['name', 'task', 'size', 'published', 'licence', 'cached'];
      if (entries.length > 0) console.log(table(head, await Promise.all(cells), head.length));
      for (const row of manual) {
        const [published, { steps }] = [figures(row), row.file as ByHand];
        console.log(`\n${row.name}${published === '' ? '' : ` (${published})`}, by hand:`);
        for (const [index, step] of steps.entries()) console.log(`  ${index + 1}. ${step}`);
      }
    });
}

function fetchCommand({ signal }: CommandContext): Command {
  return new Command('fetch')
    .description('bring checkpoints into the cache, checked; goes on where an earlier run ended')
    .argument('<name...>', 'names that `icconv models list` shows')
    .option('--offline', 'never touch the network: only say where the file is')
    .option('--url <address>', 'fetch from a mirror; the checksum stays the same')
    .option('--json', 'print the result as JSON')
    .action(async (names: string[], { json, ...flags }: { offline?: boolean; url?: string; json?: boolean }) => {
      const results: FetchedModel[] = [];
      for (const name of names) {
        const row = findRow(allRows(), name, 'model');
        const progress = downloadProgress(name);
        const options = { ...flags, signal, onProgress: progress.report };
        results.push(await fetchRow(row, options).finally(progress.stop));
      }
      if (json) console.log(JSON.stringify(results));
      else for (const { path } of results) console.log(path);
    });
}

const isFetched = ({ file }: ZooRow): boolean => 'url' in file;

const isCached = (row: ZooRow) =>
  access(rowPath(row)).then(
    () => true,
    () => false,
  );

const figures = ({ metric }: ZooRow): string =>
  Object.entries(metric.values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
