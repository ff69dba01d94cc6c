/** `icconv models list|fetch`: published checkpoints. */

import { access } from 'node:fs/promises';
import {
  type FetchedModel,
  fetchModel,
  MANUAL_MODELS,
  MODELS,
  type ModelEntry,
  modelPath,
} from '@icconv/models/registry';
import Table from 'cli-table3';
import { Command } from 'commander';
import type { CommandContext } from '../context';
import { downloadProgress } from '../ui/download-progress';
import { formatBytes } from '../weights/format';

export function modelsCommand(context: CommandContext): Command {
  return new Command('models')
    .description('published checkpoints that networks here load: torchvision, mmdetection, mmpose')
    .addCommand(listCommand())
    .addCommand(fetchCommand(context));
}

function listCommand(): Command {
  return new Command('list')
    .description('names, sizes, what the publisher measured, licences')
    .argument('[text]', 'only names that contain it')
    .option('--json', 'print everything that is known of each as JSON')
    .action(async (text: string | undefined, { json }: { json?: boolean }) => {
      const has = ({ name }: { readonly name: string }) => name.includes(text ?? '');
      const [entries, manual] = [MODELS.filter(has), MANUAL_MODELS.filter(has)];
      if (json) {
        const cached = await Promise.all(entries.map(async (entry) => ({ ...entry, cached: await isCached(entry) })));
        console.log(JSON.stringify({ models: cached, manual }, undefined, 2));
        return;
      }
      const table = new Table({
        head: ['name', 'size', 'published', 'licence', 'cached'],
        style: { head: [], border: [], compact: true },
      });
      for (const entry of entries) {
        const size = entry.bytes === undefined ? '' : formatBytes(entry.bytes);
        table.push([entry.name, size, metric(entry), entry.licence.code, (await isCached(entry)) ? 'yes' : '']);
      }
      if (entries.length > 0) console.log(table.toString());
      for (const { name, what, steps } of manual) {
        console.log(`\n${name}: ${what}. By hand:`);
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
        const progress = downloadProgress(name);
        const options = { ...flags, signal, onProgress: progress.report };
        results.push(await fetchModel(name, options).finally(progress.stop));
      }
      if (json) console.log(JSON.stringify(results));
      else for (const { path } of results) console.log(path);
    });
}

const isCached = (entry: ModelEntry) =>
  access(modelPath(entry)).then(
    () => true,
    () => false,
  );

function metric({ metric: { values } }: ModelEntry): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
