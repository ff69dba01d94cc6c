/**
 * `pnpm run starved [--config starved/pose.yaml] [--set recipe.epochs=2]`: trains, searches and compares; prints the table and writes the
 * picture. Stopped at any point, the same command goes on where it was.
 */
import { parseArgs } from 'node:util';
import { besideConfig, readConfig } from '@icconv/base/config';
import { writeAtomically } from '@icconv/base/files';
import { useEngine } from '@icconv/tensor-ops/engine';
import { readRows } from '../rows';
import { chart } from './chart';
import { starvedSchema } from './config';
import { openData } from './data';
import { besideResults, measureFields, runStarved } from './experiment';
import { type Field, type Row, type Stage, table, verdicts } from './results';

const { values } = parseArgs({
  options: {
    config: { type: 'string', default: 'starved/pose.yaml' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const config = await readConfig(values.config, starvedSchema, values.set);
const beside = (path: string) => besideConfig(values.config, path);
const paths = {
  results: beside(config.results),
  folder: beside(config.output),
  superFolder: beside(config.superOutput ?? config.output),
};
// Trainings hear of a signal themselves, what is between them does not.
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
await useEngine({ device: 'cpu', threads: 1 });
const splits = await openData(config.data, beside);
await runStarved(config, splits, paths, {
  signal: stop.signal,
  onRow: ({ method, seed, AP }) => console.error(`seed ${seed} ${method}: AP ${Number(AP).toFixed(3)}`),
});
await measureFields(config, splits, paths);
const rows = readRows<Row>(paths.results);
const fields = readRows<Field>(besideResults(paths.results, 'fields'));
const stages = readRows<Stage>(besideResults(paths.results, 'super'));
await writeAtomically(beside(config.picture), chart({ rows, fields, stages }, config));
console.log(table(rows, fields, config));
for (const { claim, value, holds } of verdicts(rows, config)) {
  console.log(`${holds ? 'holds' : 'fails'}: ${claim} (${value.toPrecision(3)})`);
}
