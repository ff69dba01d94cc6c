/** `icconv inspect FILE`: what a weight file holds. */
import { openWeights, type WeightEntry, type WeightFile } from '@icconv/tensor-ops/weights';
import { Command } from 'commander';
import pc from 'picocolors';
import type { CommandContext } from '../program';
import { formatBytes } from '../weights/format';

interface InspectFlags {
  readonly json?: boolean;
  readonly metadata?: boolean;
  readonly filter?: string;
  readonly opaque?: readonly string[];
}

export function inspectCommand(_context: CommandContext): Command {
  return new Command('inspect')
    .description(
      'list the tensors of a weight file (safetensors, PyTorch): type, shape, size, name; nothing in it is run',
    )
    .argument('<file>', 'weight file, or the index of a sharded one')
    .option('--filter <text>', 'only names that contain the text')
    .option('--metadata', 'also what the file holds besides tensors')
    .option('--opaque <class...>', 'Python classes to keep as data instead of refusing the file')
    .option('--json', 'print the list as JSON')
    .action(async (path: string, flags: InspectFlags) => {
      const file = await openWeights(path, { opaqueClasses: flags.opaque });
      try {
        if (flags.json) console.log(JSON.stringify(describe(file, flags), undefined, 2));
        else print(file, flags);
      } finally {
        await file.close();
      }
    });
}

function select(file: WeightFile, { filter = '' }: InspectFlags): WeightEntry[] {
  return [...file.entries.values()].filter(({ name }) => name.includes(filter));
}

function describe(file: WeightFile, flags: InspectFlags) {
  const tensors = select(file, flags).map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, bytes }));
  const metadata = [...file.metadata].map(([key, value]) => [key, typeof value === 'bigint' ? String(value) : value]);
  return { path: file.path, format: file.format, tensors, metadata: Object.fromEntries(metadata) };
}

function print(file: WeightFile, flags: InspectFlags): void {
  const entries = select(file, flags);
  const rows = entries.map(({ name, dtype, shape, bytes }) => [
    dtype,
    shape.join('x') || 'scalar',
    formatBytes(bytes),
    name,
  ]);
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]!.length));
  const [types, shapes, sizes] = [width(0), width(1), width(2)];
  for (const [dtype, shape, size, name] of rows) {
    console.log(`${pc.dim(dtype!.padEnd(types))}  ${shape!.padStart(shapes)}  ${size!.padStart(sizes)}  ${name}`);
  }
  if (flags.metadata) {
    for (const [key, value] of file.metadata)
      console.log(`${pc.dim('metadata')}  ${oneLine(key)} = ${oneLine(String(value))}`);
  }
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const elements = entries.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
  console.log(
    `${file.format}: ${entries.length} tensors, ${elements.toLocaleString('en')} elements, ${formatBytes(bytes)}`,
  );
}

// Training frameworks store whole configurations as one text; names are shorter.
const MAX_VALUE_LENGTH = 160;

function oneLine(text: string): string {
  // Control characters of a strange file must not reach the terminal.
  const line = text.replaceAll(/\s+/g, ' ').replaceAll(/\p{Cc}/gu, '?');
  return line.length > MAX_VALUE_LENGTH ? `${line.slice(0, MAX_VALUE_LENGTH)}...` : line;
}
