// pnpm demo [--scenes N]: the main job on a fresh machine. A detector that this project trained finds handwritten digits in scenes that it has
// not seen: boxes, COCO's table, and pictures with the boxes drawn in.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { icconv, installDependencies, pnpm, ROOT } from './steps.mjs';

// Numbers of scenes that neither the training nor the choice of its best weights has used.
const FIRST_UNSEEN = 10_000;
const at = process.argv.indexOf('--scenes');
const scenes = at < 0 ? '24' : process.argv[at + 1];
const folder = join(ROOT, 'demo');
const model = join(ROOT, 'examples/digits/model');
const images = join(folder, 'images');

const step = (title, code) => {
  if (code !== 0) process.exit(code);
  if (title) console.log(`\n${title}\n`);
};

installDependencies();
// Without the native engine the demo runs on wasm, slowly; set-up says what is missing.
if (icconv(['setup']) !== 0) console.error('The native engine is missing (see above): going on with wasm.\n');
rmSync(folder, { recursive: true, force: true });
const make = ['--silent', '--filter', '@icconv/example-digits', 'run', 'data', '--out', folder, '--train', '0'];
step(`Faster R-CNN with an IC-ResNet-18 on ${scenes} scenes of handwritten digits, 12 to 200 pixels high`, 0);
step('', pnpm([...make, '--test', scenes, '--first', String(FIRST_UNSEEN)]));
step('', icconv(['detect', images, '--model', model, '--out', join(folder, 'overlays'), '--score', '0.6']));
step("COCO's metric", 0);
const evaluate = [
  'eval',
  'detection',
  '--model',
  model,
  '--annotations',
  join(folder, 'test.json'),
  '--images',
  images,
];
step(`Pictures with boxes: ${join(folder, 'overlays')}`, icconv([...evaluate, '--per-category']));
