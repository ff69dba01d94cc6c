/** train, eval, pose and reproduce from end to end, on data that is made on the spot. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { createProgram } from '../src/program';
import { endToEnd } from './end-to-end';
import { makeSigns } from './tiny-data';

const { path, icconv, fails, printed, complained, take } = endToEnd('pose');

beforeAll(() => makeSigns(path, 'pattern: { manual: { maxDilation: 2 } }'));

test('train writes a folder that eval and pose take', async () => {
  await icconv('train', 'pose', '--config', path('train.yaml'), '--workers', '0', '--json');
  const { reason, steps, best } = JSON.parse(take());
  expect({ reason, steps }).toEqual({ reason: 'finished', steps: 40 });
  expect(best.metric).toBe('AP');
  const files = [
    'best.safetensors',
    'config.yaml',
    'curves.png',
    'final.safetensors',
    'model.json',
    'report.html',
    'results.csv',
  ];
  expect(readdirSync(path('run'))).toEqual(expect.arrayContaining(files));

  const data = ['--annotations', path('gt.json'), '--images', path('images')];
  for (const size of ['1', '2', '4']) {
    const options = ['--batch-size', size, '--json', '--out', path('dt.json')];
    await icconv('eval', 'pose', '--model', path('run'), ...data, ...options);
    const { stats, metrics } = JSON.parse(take());
    expect(stats.AP).toBe(best.value);
    expect(metrics.PCK).toBeGreaterThan(0.2);
  }
  for (const { category_id } of JSON.parse(readFileSync(path('dt.json'), 'utf8'))) expect(category_id).toBe(7);

  writeFileSync(path('broken.jpg'), 'no picture');
  const images = [path('images'), path('broken.jpg')];
  await icconv('pose', ...images, '--model', path('run'), '--out', path('overlays'), '--score', '0', '--json');
  const results = JSON.parse(take()) as {
    width: number;
    overlay: string;
    poses: { score: number; keypoints: { name: string; x: number; y: number; score: number }[] }[];
  }[];
  expect(results.map(({ width }) => width)).toEqual([96, 96, 96, 96]);
  expect(results[0]!.poses[0]!.keypoints.map(({ name }) => name)).toEqual(['left_half', 'right_half']);
  expect((await sharp(results[0]!.overlay).metadata()).width).toBe(96);
  expect(complained.join('\n')).toMatch(/broken\.jpg.*known format/);
  expect(process.exitCode).toBe(1);

  await icconv('pose', path('images', '0.png'), '--model', path('run'), '--score', '1');
  expect(take()).toContain('(nobody)');
}, 120_000);

test('a second run into the folder is refused, and resumed only when asked', async () => {
  const args = ['train', 'pose', '--config', path('train.yaml'), '--workers', '0'];
  expect(await fails(...args)).toMatch(/holds a run/);
  await icconv(...args, '--resume');
  expect(printed.join('\n')).toContain('40 epochs');
}, 60_000);

test('a refused run leaves the other as it was; a stopped one is saved', async () => {
  const model = readFileSync(path('run', 'model.json'), 'utf8');
  const args = ['train', 'pose', '--config', path('train.yaml'), '--workers', '0'];
  expect(await fails(...args, '--set', 'model.backbone.width=8')).toMatch(/holds a run/);
  expect(readFileSync(path('run', 'model.json'), 'utf8')).toBe(model);

  const controller = new AbortController();
  const check = setInterval(() => {
    if (existsSync(path('stopped', 'results.csv'))) controller.abort();
  }, 10);
  try {
    const stopped = await createProgram({ signal: controller.signal }, args);
    const set = ['--set', 'model.pattern={manual: {maxDilation: 1}}'];
    await stopped.parseAsync([...args, '--output', path('stopped'), ...set], { from: 'user' });
  } finally {
    clearInterval(check);
  }
  const [, resume] = /^saved; icconv (.*) --resume goes on$/m.exec(take())!;
  const own = `${args.join(' ')} --output ${path('stopped')} --set 'model.pattern={manual: {maxDilation: 1}}'`;
  expect(resume).toBe(own);
  expect(process.exitCode).toBe(130);
  expect(existsSync(path('stopped', 'last.safetensors'))).toBe(true);
}, 60_000);

test('a picture is never replaced by its overlay', async () => {
  const before = readFileSync(path('images', '0.png'));
  const args = ['pose', path('images', '0.png'), '--model', path('run'), '--out', path('images')];
  expect(await fails(...args)).toMatch(/--out.*another folder/);
  expect(readFileSync(path('images', '0.png'))).toEqual(before);
});

test('faults of the file are named with line and place', async () => {
  const fail = (...set: string[]) =>
    fails('train', 'pose', '--config', path('train.yaml'), ...set.flatMap((one) => ['--set', one]));
  expect(await fail('recipe.epochs=none')).toMatch(/^--set recipe\.epochs=none: recipe\.epochs: /);
  expect(await fail('preset=huge')).toMatch(/preset: expected one of coco, small/);
  expect(await fail('model.config={loss: {sigma: -1}}')).toMatch(/model\.config\.loss\.sigma/);
  expect(await fail('model.config={tags: 2}')).toMatch(/model\.config\.tags: unknown; known are head/);
  expect(await fail('data.sigmas=[0.1]', 'output=other')).toMatch(/sigmas/);
  expect(await fail('data.swapPairs=[[left_half, right_side]]')).toMatch(/train\.yaml: data\.swapPairs: "right_side"/);
  expect(await fail('data.category=car', 'output=other')).toMatch(/car/);
  expect(await fail('data.train.annotations=none.json')).toMatch(/none\.json/);
  expect(existsSync(path('other', 'last.safetensors'))).toBe(false);
});

test('missing things are named with the remedy', async () => {
  expect(await fails('pose', path('images'), '--offline')).toMatch(
    /res50_coco_640x640.* is not in the cache and --offline forbids/,
  );
  expect(await fails('pose', path('images'), '--model', path('nowhere'))).toMatch(/nowhere/);
  writeFileSync(path('empty.json'), '');
  const data = ['--annotations', path('empty.json'), '--images', path('images')];
  expect(await fails('eval', 'pose', '--model', path('run'), ...data)).toMatch(/empty\.json/);
  const model = ['--model', 'mmpose/bottom-up-resnet50-640', '--weights', path('none.pth')];
  await expect(icconv('reproduce', 'pose', '--coco', path('none'), ...model)).rejects.toThrow(
    /person_keypoints_val2017\.json/,
  );
});
