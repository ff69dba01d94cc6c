// pnpm bench --all [--json] [--only models,pose] [--out docs/performance.json]: every benchmark one after the other into one file, which
// `pnpm bench:docs` makes the documents' numbers of. The file is written after each bench; what it has of this commit is not measured again,
// unless --only names it. --json prints the whole file at the end.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { rowsOf } from '../bench/report.mjs';
import { pnpm, ROOT } from './steps.mjs';

/** Package and arguments of each; together they take some twenty minutes of two quiet cores. */
const BENCHES = {
  'tensor-ops': [[]],
  'inception-conv': [['--only', 'forward', 'r50-k9', 'r50-k13']],
  // Batches of the two plain networks and of few pixels: the others would take minutes more.
  models: [[], ['--networks', 'r50,r18', '--batch', '8', '--size', '224,320']],
  detection: [[]],
  pose: [[]],
  coco: [['bbox']],
  training: [[]],
  server: [['--seconds', '5']],
  cli: [[]],
  edo: [[]],
  cluster: [['cluster']],
};
/** Where a benchmark is that is not called by its package. */
export const PACKAGE_OF = { cluster: 'training', cuda: 'tensor-ops' };

export function benchAll(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
      out: { type: 'string', default: join(ROOT, 'docs/performance.json') },
    },
  });
  const wanted = values.only?.split(',') ?? Object.keys(BENCHES);
  const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
  if (unknown.length > 0) {
    console.error(`--only: no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
    return 1;
  }
  const file = resolve(process.env.INIT_CWD ?? '.', values.out);
  const commit = thisCommit(file);
  let report = { machine: machine(), benches: {} };
  if (existsSync(file)) {
    const before = JSON.parse(readFileSync(file, 'utf8'));
    // Numbers of two machines do not stand in one table.
    if (JSON.stringify(before.machine) === JSON.stringify(report.machine)) report = before;
    else console.error(`${file} is of another machine (${before.machine.processor}) and is begun anew`);
  }
  let failed = 0;
  for (const name of wanted) {
    const known = report.benches[name];
    if (values.only === undefined && known?.commit === commit && !commit.endsWith('+')) {
      console.error(`${name}: measured at ${known.date}`);
      continue;
    }
    const loadBefore = loadavg()[0];
    console.error(`${name}: load ${loadBefore.toFixed(1)}`);
    const from = performance.now();
    const output = outputOf(name);
    if (output === undefined) {
      failed++;
      continue;
    }
    const seconds = Math.round((performance.now() - from) / 1000);
    report.benches[name] = { commit, date: new Date().toISOString(), seconds, loadBefore, ...rowsOf(output) };
    writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(report, null, 1)}\n`);
    renameSync(`${file}.${process.pid}`, file);
    console.error(`${name}: ${report.benches[name].rows.length} rows in ${seconds} s`);
  }
  if (values.json) console.log(JSON.stringify(report));
  return failed === 0 ? 0 : 1;
}

/** What a bench prints in all its parts; undefined where one fails, which has said why. */
function outputOf(name) {
  const folder = mkdtempSync(join(tmpdir(), 'icconv-bench-'));
  try {
    const outputs = BENCHES[name].map((args, part) => {
      const path = join(folder, String(part));
      const descriptor = openSync(path, 'w');
      const run = ['--silent', '--filter', `@icconv/${PACKAGE_OF[name] ?? name}`, 'run', 'bench', ...args, '--json'];
      const code = pnpm(run, { stdout: descriptor });
      closeSync(descriptor);
      if (code !== 0) console.error(`${name}: ended with code ${code}; the next one follows`);
      return code === 0 ? readFileSync(path, 'utf8') : undefined;
    });
    return outputs.includes(undefined) ? undefined : outputs.join('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const machine = () => ({
  processor: cpus()[0]?.model.trim() ?? process.arch,
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
});

/** Short; with a + where files differ from it, other than the one that is written. */
function thisCommit(file) {
  const git = (...args) => spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' }).stdout ?? '';
  const changed = git('status', '--porcelain').match(/^.. .+$/gm) ?? [];
  const others = changed.filter((line) => resolve(ROOT, line.slice(3)) !== file);
  return `${git('rev-parse', '--short', 'HEAD').trim()}${others.length > 0 ? '+' : ''}`;
}
