/** train, eval, classify and reproduce from end to end, on folders of classes that are made on the spot. */
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { CLASSIFICATION, type ClassificationTypes, IMAGENET_NAMES } from '@icconv/classification/node';
import { initResNet } from '@icconv/models';
import type { ZooRow } from '@icconv/task';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endToEnd } from './end-to-end';

const { path, icconv, fails, complained, take } = endToEnd('classification');
const COLOURS = { blue: '#2030d0', red: '#d02020', 'road & rail': '#208020' } as const;
const BACKBONE = { block: 'basic', blocks: [1, 1, 1, 1], width: 8 } as const;

beforeAll(async () => {
  for (const [part, pictures] of [
    ['train', 8],
    ['val', 3],
  ] as const) {
    for (const [name, background] of Object.entries(COLOURS)) {
      mkdirSync(path(part, name), { recursive: true });
      for (let i = 0; i < pictures; i++) {
        const create = { width: 40 + 3 * i, height: 60 - 2 * i, channels: 3 as const, background };
        await sharp({ create })
          .png()
          .toFile(path(part, name, `${i}.png`));
      }
    }
  }
  writeFileSync(
    path('train.yaml'),
    `preset: small
model:
  backbone: { block: basic, blocks: [1, 1, 1, 1], width: 8 }
  config: { input: { size: 36, crop: 32 } }
data:
  train: { annotations: train }
  val: { annotations: val }
recipe: { epochs: 16, batchSize: 8, warmUpSteps: 5, evaluateEvery: 8 }
output: run
`,
  );
});

test('train writes a folder that eval and classify take', async () => {
  await icconv('train', 'classification', '--config', path('train.yaml'), '--workers', '0', '--json');
  const { reason, best, data } = JSON.parse(take());
  expect({ reason, best }).toMatchObject({ reason: 'finished', best: { metric: 'top1', value: 1 } });
  expect(data.train).toMatchObject({ task: 'labels', objects: 24 });
  expect(readdirSync(path('run'))).toEqual(expect.arrayContaining(['best.safetensors', 'config.yaml', 'model.json']));

  const data_ = ['--annotations', path('val')];
  await icconv('eval', 'classification', '--model', path('run'), ...data_, '--json', '--out', path('found.json'));
  expect(JSON.parse(take()).stats).toEqual({ top1: 1, top5: 1 });
  const records = JSON.parse(readFileSync(path('found.json'), 'utf8'));
  expect(records).toHaveLength(27);
  expect(records[0]).toEqual({ image_id: 1, category_id: 1, score: expect.any(Number), rank: 1 });
  await icconv('eval', 'classification', '--model', path('run'), ...data_);
  expect(take()).toBe('pictures = 9\ntop-1 accuracy = 1.000\ntop-5 accuracy = 1.000');

  writeFileSync(path('broken.jpg'), 'no picture');
  const inputs = [path('val', 'road & rail'), path('broken.jpg')];
  await icconv('classify', ...inputs, '--model', path('run'), '--top', '2', '--out', path('overlays'), '--json');
  const results = JSON.parse(take()) as { width: number; overlay: string; classes: { label: string }[] }[];
  expect(results.map(({ classes }) => classes[0]!.label)).toEqual(Array(3).fill('road & rail'));
  expect(results.map(({ classes }) => classes.length)).toEqual([2, 2, 2]);
  // A plate lies on what was one colour.
  const drawn = await sharp(results[0]!.overlay).stats();
  expect((await sharp(results[0]!.overlay).metadata()).width).toBe(results[0]!.width);
  expect(drawn.channels.some(({ stdev }) => stdev > 5)).toBe(true);
  expect(complained.join('\n')).toMatch(/broken\.jpg.*known format/);
  process.exitCode = 0;
  await icconv('classify', path('val', 'red', '0.png'), '--model', path('run'), '--score', '0.3');
  expect(take()).toMatch(/class.*score[\s\S]*red +│ 0\.\d{3}/);
}, 60_000);

test('a report shows what was taken for what', async () => {
  cpSync(path('val'), path('odd'), { recursive: true });
  cpSync(path('val', 'blue', '0.png'), path('odd', 'red', 'blue.png'));
  const odd = ['--set', 'data.val={annotations: odd}', '--output', path('run-odd')];
  await icconv('train', 'classification', '--config', path('train.yaml'), '--workers', '0', ...odd);
  const report = readFileSync(path('run-odd', 'report.html'), 'utf8');
  expect(report.match(/<figcaption>[^<]*/g)).toEqual(['<figcaption>red/blue.png: red, taken for blue']);
  expect(report).toContain('>nothing</text>');
}, 60_000);

test('faults are named', async () => {
  const config = ['train', 'classification', '--config', path('train.yaml')];
  expect(await fails(...config, '--set', 'recipe.labelSmoothing=2')).toMatch(/recipe\.labelSmoothing/);
  expect(await fails(...config, '--set', 'data.categories=[blue]', '--output', path('z'))).toMatch(
    /all labels are of one class, blue/,
  );
  expect(await fails(...config, '--set', 'data.categories=[blue, green]', '--output', path('x'))).toMatch(/green/);
  expect(await fails(...config, '--set', 'preset=huge')).toMatch(/preset: expected one of imagenet, small/);
  mkdirSync(path('single', 'only'), { recursive: true });
  copyFileSync(path('val', 'red', '0.png'), path('single', 'only', '0.png'));
  const single = ['--set', `data.train={annotations: ${path('single')}}`, '--output', path('y')];
  expect(await fails(...config, ...single)).toMatch(/all labels are of one class, only/);
  const run = ['classify', path('val', 'red', '0.png')];
  expect(await fails(...run, '--backbone', '18', '--weights', path('run', 'best.safetensors'))).toMatch(
    /conv1\.weight/,
  );
  const names = ['--weights', path('run', 'best.safetensors'), '--backbone', '18', '--classes', 'a,,b'];
  expect(await fails(...run, ...names)).toMatch(/names with commas between/);
});

test('reproduce takes ImageNet’s folders, whose names are WordNet’s ids in the order of the classes', async () => {
  const zoo = CLASSIFICATION.zoo as ZooRow<ClassificationTypes['model']>[];
  const classes = IMAGENET_NAMES;
  for (const i of classes.keys()) mkdirSync(path('imagenet/val', `n${10_000_000 + 7 * i}`), { recursive: true });
  // Of the eighth class and of the last.
  for (const id of ['n10000049', 'n10006993']) copyFileSync(path('val/red/0.png'), path('imagenet/val', id, '0.png'));
  const { 'fc.bias': bias, ...body } = initResNet({ ...BACKBONE, classes: 1000 }, { seed: 1 });
  const pushed = tf.tensor1d(classes.map((_, i) => (i === 7 ? 1e4 : 0)));
  const weights = await saveStateDict({ ...body, 'fc.bias': pushed }, path('pushed.safetensors'));
  tf.dispose([body, bias!, pushed]);
  const input = { size: 40, crop: 32, mean: [123, 116, 103], deviation: [58, 57, 57] } as const;
  zoo.push({
    ...{ name: 'test/pushed', source: 'this test', licence: { code: 'MIT', trainedOn: [] } },
    model: { config: { backbone: BACKBONE, input }, classes },
    file: { steps: ['none'] },
    metric: { dataset: 'ImageNet-1k val', values: { top1: 51.5 } },
  });
  const args = ['reproduce', 'classification', '--model', 'test/pushed', '--weights', weights];
  await icconv(...args, '--imagenet', path('imagenet'));
  expect(take()).toMatch(/\ntest\/pushed: top-1 accuracy 50\.0 measured, 51\.5 published \(this test\)$/);
  expect(await fails(...args, '--imagenet', path('none'))).toMatch(/none\/val is no folder with classes/);
});

afterAll(() => {
  const zoo = CLASSIFICATION.zoo as ZooRow<ClassificationTypes['model']>[];
  if (zoo.at(-1)!.name === 'test/pushed') zoo.pop();
});
