/** `icconv inspect FILE`: what a weight file holds. */
import { counted } from '@icconv/base';
import { openWeights, type WeightEntry, type WeightFile } from '@icconv/tensor-ops/weights';
import { Command } from 'commander';
import pc from 'picocolors';
import type { CommandContext } from '../context';
import { formatBytes, oneLine, shortened } from '../weights/format';
import { readingOf, type WeightFlags, withWeightOptions } from '../weights/weight-options';

interface InspectFlags extends WeightFlags {
  readonly json?: boolean;
  readonly metadata?: boolean;
  readonly filter?: string;
}

export function inspectCommand(_context: CommandContext): Command {
  const command = new Command('inspect')
    .argument('<file>', 'weight file, or the index of a sharded one')
    .option('--filter <text>', 'only names that contain the text')
    .option('--metadata', 'also what the file holds besides tensors')
    .option('--json', 'print the list as JSON');
  return withWeightOptions(command).action(async (path: string, flags: InspectFlags) => {
    const file = await openWeights(path, readingOf(flags));
    try {
      if (flags.json) console.log(JSON.stringify(describe(file, flags), undefined, 2));
      else print(file, flags);
    } finally {
      await file.close();
    }
  });
}

function select<T extends { readonly name: string }>(
  entries: ReadonlyMap<string, T>,
  { filter = '' }: InspectFlags,
): T[] {
  return [...entries.values()].filter(({ name }) => name.includes(filter));
}

function describe(file: WeightFile, flags: InspectFlags) {
  const tensors = select(file.entries, flags).map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, bytes }));
  const metadata = [...file.metadata].map(([key, value]) => [key, typeof value === 'bigint' ? String(value) : value]);
  const skipped = select(file.skipped, flags);
  const unreadable = skipped.filter(({ kind }) => kind === 'tensor').map(({ name, reason }) => ({ name, reason }));
  const objects = skipped.flatMap((entry) =>
    entry.kind === 'object' ? [{ name: entry.name, type: entry.type, tensors: entry.tensors }] : [],
  );
  return { path: file.path, format: file.format, tensors, unreadable, objects, metadata: Object.fromEntries(metadata) };
}

function print(file: WeightFile, flags: InspectFlags): void {
  const entries: readonly WeightEntry[] = select(file.entries, flags);
  const rows = entries.map(({ name, dtype, shape, bytes }) => [
    dtype,
    shape.join('x') || 'scalar',
    formatBytes(bytes),
    name,
  ]);
  // One by one: a call takes some 10^5 arguments at most, and a file may hold more tensors.
  const width = (column: number) => rows.reduce((most, row) => Math.max(most, row[column]!.length), 0);
  const [types, shapes, sizes] = [width(0), width(1), width(2)];
  for (const [dtype, shape, size, name] of rows) {
    console.log(
      `${pc.dim(dtype!.padEnd(types))}  ${shape!.padStart(shapes)}  ${size!.padStart(sizes)}  ${oneLine(name!)}`,
    );
  }
  const skipped = select(file.skipped, flags);
  const unreadable = skipped.filter(({ kind }) => kind === 'tensor');
  for (const { name, reason } of unreadable)
    console.log(`${pc.dim('cannot be read')}  ${oneLine(name)}: ${oneLine(reason)}`);
  if (flags.metadata) {
    for (const [key, value] of file.metadata)
      console.log(`${pc.dim('metadata')}  ${shortened(key)} = ${shortened(String(value))}`);
    for (const entry of skipped) {
      if (entry.kind === 'object')
        console.log(`${pc.dim('object')}  ${shortened(entry.name)}: ${shortened(entry.reason)}`);
    }
  }
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const elements = entries.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
  console.log(
    `${file.format}: ${counted(entries.length, 'tensor')}, ${elements.toLocaleString('en')} elements, ${formatBytes(bytes)}` +
      (unreadable.length > 0 ? `; ${unreadable.length} more cannot be read` : ''),
  );
}
