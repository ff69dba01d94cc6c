// The COCO evaluation against pycocotools and faster-coco-eval (C++) on the same files.
//   pnpm bench coco [bbox] [segm] [keypoints] [large] [--runs 3] [--json]
// `large` loads an instances file of 700 MB and needs no Python. Every run is a fresh process; contenders take turns; the numbers of all are compared before any time is shown.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'tsup';
import { pythonEnv } from '../../../tooling/bench/python-env.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values, positionals } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  allowPositionals: true,
  options: { runs: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
});
const kinds = positionals.length > 0 ? positionals : ['bbox', 'segm', 'keypoints'];
const bundle = here('../node_modules/.bench-build');
await build({
  config: false,
  entry: { node: here('../src/node/index.ts'), 'evaluate-worker': here('../src/node/evaluate-worker.ts') },
  format: ['esm'],
  target: 'node20',
  outDir: bundle,
  splitting: true,
  silent: true,
});

if (kinds.includes('large')) {
  const answer = JSON.parse(
    execute(process.execPath, [here('large.mjs'), bundle, here('../node_modules/.bench-data/large.json'), '700']),
  );
  const { fileMb, seconds, peakMb, annotations } = answer;
  if (values.json) console.log(JSON.stringify({ kind: 'large', ...answer }));
  else {
    console.log(
      `large: ${annotations} annotations, ${fileMb.toFixed(0)} MB of JSON in ${seconds.toFixed(1)} s, peak ${peakMb.toFixed(0)} MiB`,
    );
  }
}
const compared = kinds.filter((kind) => kind !== 'large');
if (compared.length === 0) process.exit(0);

const scripts = new URL('../../../tooling/bench/coco/', import.meta.url);
const python = await pythonEnv({
  requirements: new URL('requirements.txt', scripts),
  modules: ['pycocotools', 'faster_coco_eval', 'numpy'],
});
if (python === undefined) {
  console.error('the files of this benchmark are made with Python: install python3 with its venv module');
  process.exit(1);
}

const threads = Math.min(4, cpus().length);
const CONTENDERS = [
  { name: '@icconv/coco', run: (files, kind) => [process.execPath, [here('own.mjs'), bundle, ...files, kind, '1']] },
  {
    name: `@icconv/coco, ${threads} threads`,
    run: (files, kind) => [process.execPath, [here('own.mjs'), bundle, ...files, kind, String(threads)]],
  },
  {
    name: 'faster-coco-eval',
    run: (files, kind) => [python, [fileURLToPath(new URL('peer.py', scripts)), 'faster', ...files, kind]],
  },
  // Minutes a run, so it takes part in the first round only.
  {
    name: 'pycocotools',
    once: true,
    run: (files, kind) => [python, [fileURLToPath(new URL('peer.py', scripts)), 'pycocotools', ...files, kind]],
  },
];

for (const kind of compared) report(kind, measure(kind));

function measure(kind) {
  const folder = here('../node_modules/.bench-data');
  const files = ['gt', 'dt'].map((name) => join(folder, `${kind}_${name}.json`));
  if (!files.every(existsSync)) execute(python, [fileURLToPath(new URL('generate.py', scripts)), kind, folder]);
  const samples = new Map(CONTENDERS.map(({ name }) => [name, []]));
  let answer;
  for (let round = 0; round < Number(values.runs); round++) {
    for (const { name, once, run } of CONTENDERS) {
      if (once && round > 0) continue;
      const sample = JSON.parse(execute(...run(files, kind)));
      answer ??= sample.stats;
      const worst = Math.max(...sample.stats.map((value, i) => Math.abs(value - answer[i])));
      if (sample.stats.length !== answer.length || !(worst < 1e-12)) {
        throw new Error(
          `${kind}: ${name} differs from ${CONTENDERS[0].name} by ${worst}: ${sample.stats} and ${answer}`,
        );
      }
      samples.get(name).push(sample);
    }
  }
  return samples;
}

function report(kind, samples) {
  const rows = [...samples].map(([name, list]) => {
    const stage = (key) => median(list.map((sample) => sample.stages[key]));
    const totals = list.map(({ stages }) => Object.values(stages).reduce((a, b) => a + b, 0));
    const total = median(totals);
    return {
      kind,
      name,
      runs: list.length,
      loadGt: stage('loadGt'),
      loadDt: stage('loadDt'),
      evaluate: stage('evaluate') + stage('accumulate'),
      total,
      fastest: Math.min(...totals),
      spread: (Math.max(...totals) - Math.min(...totals)) / total,
      peakMb: median(list.map((sample) => sample.peakMb)),
    };
  });
  const own = rows[0].total;
  if (values.json) {
    for (const row of rows)
      console.log(
        JSON.stringify({ bench: 'coco', ...row, ratio: row.total / own, cpu: cpus()[0]?.model, node: process.version }),
      );
    return;
  }
  console.log(
    `\n${kind}: seconds (median), peak memory; ${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}`,
  );
  console.log(
    `${'contender'.padEnd(26)}${['annotations', 'results', 'evaluate', 'total', 'ratio', 'peak MB'].map((h) => h.padStart(12)).join('')}`,
  );
  for (const row of rows) {
    const cells = [row.loadGt, row.loadDt, row.evaluate, row.total].map((v) => v.toFixed(2));
    console.log(
      `${row.name.padEnd(26)}${[...cells, `${(row.total / own).toFixed(1)}x`, row.peakMb.toFixed(0)].map((c) => c.padStart(12)).join('')}`,
    );
  }
}

function execute(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted.length % 2 === 1
    ? sorted[(sorted.length - 1) / 2]
    : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
}
