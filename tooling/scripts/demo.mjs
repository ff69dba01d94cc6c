// pnpm demo [--scenes N]: the main job on a fresh machine. Networks that this project trained find handwritten digits, and the keypoints of
// drawn figures, in scenes that they have not seen: tables, COCO's metric, and pictures with boxes and skeletons drawn in.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { icconv, installDependencies, pnpm, ROOT } from './steps.mjs';

// Numbers of scenes that neither the training nor the choice of its best weights has used.
const FIRST_UNSEEN = 10_000;
const at = process.argv.indexOf('--scenes');
const scenes = at < 0 ? '24' : process.argv[at + 1];
const folder = join(ROOT, 'demo');

const title = (text) => console.log(`\n${text}\n`);
const check = (code) => {
  if (code !== 0) process.exit(code);
};

/** Makes unseen scenes of an example, runs its model over them, and prints COCO's metric; `predict` and `evaluate` are command and options. */
function show({ name, example, predict: [command, ...how], evaluate: [task, ...options] }) {
  title(name);
  const [data, model] = [join(folder, example), join(ROOT, 'examples', example, 'model')];
  const images = join(data, 'images');
  const make = ['--silent', '--filter', `@icconv/example-${example}`, 'run', 'data', '--out', data, '--train', '0'];
  check(pnpm([...make, '--test', scenes, '--first', String(FIRST_UNSEEN)]));
  check(icconv([command, images, '--model', model, '--out', join(data, 'overlays'), ...how]));
  title("COCO's metric");
  check(
    icconv(['eval', task, '--model', model, '--annotations', join(data, 'test.json'), '--images', images, ...options]),
  );
}

installDependencies();
// Without the native engine the demo runs on wasm, slowly; set-up says what is missing.
if (icconv(['setup']) !== 0) console.error('The native engine is missing (see above): going on with wasm.\n');
rmSync(folder, { recursive: true, force: true });
show({
  name: `Faster R-CNN with an IC-ResNet-18 on ${scenes} scenes of handwritten digits, 12 to 200 pixels high`,
  example: 'digits',
  predict: ['detect', '--score', '0.6'],
  evaluate: ['detection', '--per-category'],
});
// The mirrored picture of a figure with a striped left side is no such figure: no flip test.
show({
  name: `Bottom-up pose estimation with an IC-ResNet-18 on ${scenes} synthetic scenes of up to four drawn figures`,
  example: 'figures',
  predict: ['pose', '--no-flip', '--score', '0.4'],
  evaluate: ['pose', '--no-flip'],
});
title(`Pictures with boxes: ${join(folder, 'digits/overlays')}; with skeletons: ${join(folder, 'figures/overlays')}`);
