/**
 * `pnpm run planted [--config planted/planted.yaml]`: trains, searches and compares; prints the table and writes the picture. Stopped at
 * any point, the same command goes on where it was.
 */
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeAtomically } from '@icconv/base/files';
import { useEngine } from '@icconv/tensor-ops/engine';
import { readRows } from '../rows';
import { chart } from './chart';
import { readPlanted } from './config';
import { runPlanted } from './experiment';
import { type Row, table, verdicts } from './results';

const { values } = parseArgs({ options: { config: { type: 'string', default: 'planted/planted.yaml' } } });
const config = await readPlanted(values.config);
const beside = (path: string) => resolve(dirname(values.config), path);
await useEngine({ device: 'cpu', threads: 1 });
await runPlanted(
  config,
  { results: beside(config.results), folder: beside(config.output) },
  {
    onRow: ({ method, seed, accuracy, recovery }) =>
      console.error(`seed ${seed} ${method}: accuracy ${accuracy.toFixed(3)}, recovery ${recovery.toFixed(2)}`),
  },
);
const rows = readRows<Row>(beside(config.results));
await writeAtomically(beside(config.picture), chart(rows));
console.log(table(rows));
for (const { claim, value, holds } of verdicts(rows, config)) {
  console.log(`${holds ? 'holds' : 'fails'}: ${claim} (${value.toPrecision(3)})`);
}
