/** train, eval, detect and reproduce from end to end, on data that is made on the spot. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VisionError } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createProgram } from '../src/program';

const folder = mkdtempSync(join(tmpdir(), 'icconv-cli-detection-'));
const path = (...names: string[]) => join(folder, ...names);
const printed: string[] = [];
const complained: string[] = [];
let missing: string | undefined;

beforeAll(async () => {
  missing = await useEngine({ device: 'cpu', threads: 2 }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (missing !== undefined && process.env.ICCONV_REQUIRE_BACKENDS?.includes('native')) throw new Error(missing);
  mkdirSync(path('images'));
  const images: object[] = [];
  const annotations: object[] = [];
  for (let i = 0; i < 4; i++) {
    const [x, y] = [8 + 10 * i, 40 - 8 * i];
    const square = {
      input: { create: { width: 30, height: 30, channels: 3 as const, background: '#e02020' } },
      left: x,
      top: y,
    };
    const ground = sharp({ create: { width: 96, height: 96, channels: 3, background: '#606060' } });
    await ground
      .composite([square])
      .png()
      .toFile(path('images', `${i}.png`));
    images.push({ id: i + 1, file_name: `${i}.png`, width: 96, height: 96 });
    annotations.push({ id: i + 1, image_id: i + 1, category_id: 7, bbox: [x, y, 30, 30], area: 900, iscrowd: 0 });
  }
  writeFileSync(path('gt.json'), JSON.stringify({ images, annotations, categories: [{ id: 7, name: 'square' }] }));
  writeFileSync(
    path('train.yaml'),
    `preset: small
model:
  backbone: { block: basic, blocks: [1, 1, 1, 1], width: 8 }
  pattern: { manual: { maxDilation: 2 } }
  config: { fpnChannels: 16, input: { minSize: 96, maxSize: 96 }, roi: { hidden: 16 } }
data:
  train: { annotations: gt.json, images: images }
  val: { annotations: gt.json, images: images }
recipe: { epochs: 2, evaluateEvery: 1 }
output: run
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach((context) => {
  if (missing !== undefined) context.skip(missing);
  printed.length = complained.length = 0;
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  vi.spyOn(console, 'error').mockImplementation((text: string) => void complained.push(text));
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

const icconv = (...args: string[]) =>
  createProgram({ signal: new AbortController().signal }).parseAsync(args, { from: 'user' });

test('train writes a folder that eval and detect take', async () => {
  await icconv('train', 'detection', '--config', path('train.yaml'), '--workers', '0', '--json');
  const { reason, steps, best } = JSON.parse(printed.join('\n'));
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

  printed.length = 0;
  const data = ['--annotations', path('gt.json'), '--images', path('images')];
  await icconv(
    'eval',
    'detection',
    '--model',
    path('run'),
    ...data,
    '--json',
    '--out',
    path('dt.json'),
    '--workers',
    '0',
  );
  expect(JSON.parse(printed.join('\n')).stats.AP).toBeCloseTo(best.value, 6);
  for (const { category_id } of JSON.parse(readFileSync(path('dt.json'), 'utf8'))) expect(category_id).toBe(7);

  printed.length = 0;
  writeFileSync(path('broken.jpg'), 'no picture');
  const images = [path('images'), path('broken.jpg')];
  await icconv('detect', ...images, '--model', path('run'), '--out', path('overlays'), '--score', '0', '--json');
  const results = JSON.parse(printed.join('\n')) as {
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
  await icconv(...args, '--resume');
  expect(printed.join('\n')).toContain('2 epochs');
}, 60_000);

test('faults of the file are named with line and place', async () => {
  const fail = async (...set: string[]) => {
    const error = await icconv(
      'train',
      'detection',
      '--config',
      path('train.yaml'),
      ...set.flatMap((one) => ['--set', one]),
    ).catch((reason: unknown) => reason);
    expect(VisionError.isInstance(error)).toBe(true);
    return (error as Error).message;
  };
  expect(await fail('recipe.epochs=none')).toMatch(/train\.yaml:\d+: recipe\.epochs: /);
  expect(await fail('recipe.epoch=1')).toMatch(/recipe\.epoch: unknown/);
  expect(await fail('preset=huge')).toMatch(/preset: expected one of coco-1x, small/);
  expect(await fail('model.config={fpnChannels: -1}')).toMatch(/model\.config\.fpnChannels/);
  expect(await fail('model.pattern={file: none.json}')).toMatch(/model\.pattern\.file/);
  expect(await fail('data.train.annotations=none.json')).toMatch(/none\.json/);
  expect(await fail('data.classes=[round]', 'output=other')).toMatch(/round/);
  expect(existsSync(path('other', 'last.safetensors'))).toBe(false);
});

test('reproduce says what is missing', async () => {
  const model = ['--model', 'torchvision/fasterrcnn-r50-fpn', '--weights', path('none.pth')];
  await expect(icconv('reproduce', 'detection', '--coco', path('none'), ...model)).rejects.toThrow(
    /instances_val2017\.json/,
  );
});
