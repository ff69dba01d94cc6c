/** train, eval, detect and reproduce from end to end, on data that is made on the spot. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { endToEnd } from './end-to-end';
import { makeSquares } from './tiny-data';

const { path, icconv, fails, printed, complained, take } = endToEnd('detection');

beforeAll(() => makeSquares(path, 'pattern: { manual: { maxDilation: 2 } }'));

test('train writes a folder that eval and detect take', async () => {
  await icconv('train', 'detection', '--config', path('train.yaml'), '--workers', '0', '--json');
  const { reason, steps, best } = JSON.parse(take());
  expect({ reason, steps }).toEqual({ reason: 'finished', steps: 4 });
  expect(best.metric).toBe('AP');
  const files = [
    'best.safetensors',
    'config.yaml',
    'curves.png',
    'curves.svg',
    'final.safetensors',
    'model.json',
    'results.csv',
  ];
  expect(readdirSync(path('run'))).toEqual(expect.arrayContaining(files));

  const data = ['--annotations', path('gt.json'), '--images', path('images')];
  for (const size of ['1', '2', '4']) {
    const options = ['--batch-size', size, '--json', '--out', path('dt.json')];
    await icconv('eval', 'detection', '--model', path('run'), ...data, ...options);
    expect(JSON.parse(take()).stats.AP).toBe(best.value);
  }
  for (const { category_id } of JSON.parse(readFileSync(path('dt.json'), 'utf8'))) expect(category_id).toBe(7);

  writeFileSync(path('broken.jpg'), 'no picture');
  const images = [path('images'), path('broken.jpg')];
  await icconv('detect', ...images, '--model', path('run'), '--out', path('overlays'), '--score', '0', '--json');
  const results = JSON.parse(take()) as {
    image: string;
    width: number;
    overlay: string;
    detections: unknown[];
  }[];
  expect(results.map(({ width }) => width)).toEqual([96, 96, 96, 96]);
  expect((await sharp(results[0]!.overlay).metadata()).width).toBe(96);
  expect(complained.join('\n')).toMatch(/broken\.jpg.*known format/);
  expect(process.exitCode).toBe(1);
}, 60_000);

test('a second run into the folder is refused, and resumed only when asked', async () => {
  const args = ['train', 'detection', '--config', path('train.yaml'), '--workers', '0'];
  await expect(icconv(...args)).rejects.toThrow(/holds a run/);
  const other = await fails(...args, '--resume', '--set', 'recipe.batchSize=1');
  expect(other).toMatch(/other settings:\n {2}recipe\.batchSize: 2 in the run, 1 now\n.*--allow-changes/);
  await icconv(...args, '--resume');
  expect(printed.join('\n')).toContain('2 epochs');
}, 60_000);

test('faults of the file are named with line and place', async () => {
  const fail = (...set: string[]) =>
    fails('train', 'detection', '--config', path('train.yaml'), ...set.flatMap((one) => ['--set', one]));
  expect(await fail('recipe.epochs=none')).toMatch(/^--set recipe\.epochs=none: recipe\.epochs: /);
  expect(await fail('recipe.epoch=1')).toMatch(/recipe\.epoch: unknown; epochs\?/);
  expect(await fail('preset=huge')).toMatch(/preset: expected one of coco-1x, small/);
  expect(await fail('model.config={fpnChannels: -1}')).toMatch(/model\.config\.fpnChannels/);
  expect(await fail('model.pattern={file: none.json}')).toMatch(/model\.pattern\.file/);
  expect(await fail('data.train.annotations=none.json')).toMatch(/none\.json/);
  expect(await fail('data.classes=[round]', 'output=other')).toMatch(/round/);
  expect(existsSync(path('other', 'last.safetensors'))).toBe(false);
});

test('reproduce says what is missing', async () => {
  const model = ['--model', 'torchvision/fasterrcnn-resnet50-fpn', '--weights', path('none.pth')];
  await expect(icconv('reproduce', 'detection', '--coco', path('none'), ...model)).rejects.toThrow(
    /instances_val2017\.json/,
  );
});
