// pnpm demo [--scenes N]: the main job on a fresh machine. Networks that this project trained find handwritten digits, and the keypoints of
// drawn figures, in scenes that they have not seen: a table of COCO's metric and of what is found and wrong, beside a plain network of equal cost
// where one is trained, and pictures with boxes and skeletons drawn in.
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { icconv, icconvBeside, installDependencies, pnpm, ROOT } from './steps.mjs';

// Numbers of scenes that neither the training nor the choice of its best weights has used.
const FIRST_UNSEEN = 10_000;
const at = process.argv.indexOf('--scenes');
const scenes = at < 0 ? '24' : process.argv[at + 1];
if (!/^[1-9]\d*$/.test(scenes ?? '')) {
  console.error(
    `--scenes must be followed by a number from 1 on, as in pnpm demo --scenes 24, got ${scenes ?? 'nothing'}`,
  );
  process.exit(1);
}
const folder = join(ROOT, 'demo');

const title = (text) => console.log(`\n${text}\n`);
const check = (code) => {
  if (code !== 0) process.exit(code);
};

/** Of what `icconv eval --json` writes: the metric, overall and by size, and what is found and wrong at the score. */
function rowOf(network, { stats, errors: { total, sizes } }) {
  const { objects, correct, missed: _, ...wrong } = total;
  const answers = correct + Object.values(wrong).reduce((sum, count) => sum + count, 0);
  const share = (part, whole) => (whole === 0 ? '' : (part / whole).toFixed(3));
  const found = sizes.map((size) => share(size.correct, size.objects));
  const metric = ['AP', 'AP50', 'AP75'].map((name) => stats[name].toFixed(3));
  return [network, ...metric, share(correct, objects), ...found, share(correct, answers)];
}

function tableOf(rows) {
  const Table = createRequire(join(ROOT, 'packages/cli/package.json'))('cli-table3');
  const head = ['network', 'AP', 'AP50', 'AP75', 'found', 'of small', 'of medium', 'of large', 'precision'];
  const colAligns = head.map((_, i) => (i === 0 ? 'left' : 'right'));
  const table = new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
  table.push(...rows);
  return table.toString();
}

/** Makes unseen scenes of an example, runs its model over them, and prints what it finds and COCO's metric. */
async function show({ name, example, command, task, score, options, noun }) {
  title(name);
  const data = join(folder, example);
  const [images, overlays, annotations, results] = ['images', 'overlays', 'test.json', 'results.json'].map((part) =>
    join(data, part),
  );
  const make = ['--silent', '--filter', `@icconv/example-${example}`, 'run', 'data', '--out', data, '--train', '0'];
  check(pnpm([...make, '--test', scenes, '--first', String(FIRST_UNSEEN)]));
  const networks = ['model', 'model-plain'].filter((network) => existsSync(join(ROOT, 'examples', example, network)));
  const networkOf = (network) => join(ROOT, 'examples', example, network);
  const toFile = async (path, args, options) => {
    const file = openSync(path, 'w');
    const code = await icconvBeside(args, { stdout: file, ...options });
    closeSync(file);
    return code;
  };
  const found = [
    command,
    images,
    '--model',
    networkOf('model'),
    '--out',
    overlays,
    '--score',
    String(score),
    ...options,
  ];
  const how = ['--annotations', annotations, '--images', images, '--min-score', String(score), '--json', ...options];
  const evaluation = (network) => {
    const out = network === 'model' ? ['--out', results] : [];
    return ['eval', task, '--model', networkOf(network), ...how, ...out];
  };
  // A start keeps one processor busy: beside each other they take less time. One of them shows its progress.
  const codes = await Promise.all([
    toFile(join(data, 'found.txt'), found, { stderr: 'inherit' }),
    ...networks.map((network) => toFile(join(data, `${network}.json`), evaluation(network), { quiet: true })),
  ]);
  for (const code of codes) check(code);
  const rows = networks.map((network) =>
    rowOf(network === 'model' ? 'inception' : 'plain', JSON.parse(readFileSync(join(data, `${network}.json`), 'utf8'))),
  );
  console.log(tableOf(rows));
  const sheet = join(folder, `${example}.png`);
  await writeContactSheet(sheet, { overlays, annotations, results, score, noun });
  return `${sheet} shows the first scenes; all are in ${overlays}, what was found in ${join(data, 'found.txt')}`;
}

installDependencies();
// Without the native engine the demo runs on wasm, slowly; set-up says what is missing.
if (icconv(['setup']) !== 0) console.error('The native engine is missing (see above): going on with wasm.\n');
rmSync(folder, { recursive: true, force: true });
const { writeContactSheet } = await import('./contact-sheet.mjs');
const digits = await show({
  name: `Cascade R-CNN with an IC-ResNet-18 on ${scenes} scenes of handwritten digits, 12 to 200 pixels high`,
  ...{ example: 'digits', command: 'detect', task: 'detection', score: 0.5, options: [], noun: 'digit' },
});
const figures = await show({
  name: `Bottom-up pose estimation with an IC-ResNet-18 on ${scenes} synthetic scenes of up to four drawn figures`,
  // The mirrored picture of a figure with a striped left side is no such figure: no flip test.
  ...{ example: 'figures', command: 'pose', task: 'pose', score: 0.25, options: ['--no-flip'], noun: 'figure' },
});
title(`${digits}\n${figures}`);
