/** What commands print: with --json one JSON value and nothing else on standard output; what `eval` counts and writes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { endToEnd } from './end-to-end';
import { makeSquares } from './tiny-data';

const { path, icconv, take } = endToEnd('output');
const data = ['--annotations', path('gt.json'), '--images', path('images')];
const backbone = [
  '--config',
  path('backbone.yaml'),
  '--prefix',
  'backbone.body.',
  '--pattern',
  path('found', 'pattern.json'),
];
const model = ['--model', path('run')];

beforeAll(() => makeSquares(path, 'super: { maxDilation: 2 }'));

/** Runs with --json; the value. */
async function json(...args: string[]): Promise<unknown> {
  take();
  // Everything else a program might say there.
  const stdout = vi.spyOn(process.stdout, 'write');
  await icconv(...args, '--json');
  expect(stdout).not.toHaveBeenCalled();
  stdout.mockRestore();
  return JSON.parse(take());
}

describe('every command prints JSON alone', () => {
  test('train, and the folder for those below', async () => {
    const result = await json('train', 'detection', '--config', path('train.yaml'), '--workers', '0');
    expect(result).toMatchObject({ reason: 'finished', folder: path('run'), data: { train: { pictures: 4 } } });
    const dt = [{ image_id: 1, category_id: 7, bbox: [8, 40, 30, 30], score: 0.9 }];
    writeFileSync(path('dt.json'), JSON.stringify(dt));
    writeFileSync(path('backbone.yaml'), 'block: basic\nblocks: [1, 1, 1, 1]\nwidth: 8\n');
    writeFileSync(path('search.yaml'), 'objective: weight-l1\n');
  }, 60_000);

  test.each<[command: string, args: string[], part: unknown]>([
    ['detect', [path('images'), ...model, '--out', path('drawn')], [{ width: 96 }, {}, {}, {}]],
    ['eval detection', [...data, ...model, '--per-category'], { perCategory: [{ name: 'square', objects: 4 }] }],
    [
      'eval bbox',
      ['--gt', path('gt.json'), '--dt', path('dt.json'), '--per-category'],
      { perCategory: [{ name: 'square' }] },
    ],
    ['eval bbox', ['--gt', path('gt.json'), '--dt', path('dt.json'), '--plots', path('plots')], { errors: {} }],
    ['search', [...model, '--config', path('search.yaml'), '--output', path('found')], { objective: 'weight-l1' }],
    ['coco check', [path('gt.json'), '--images', path('images')], { pictures: { checked: 4, faults: [] } }],
    ['coco convert', [path('gt.json'), path('yolo'), '--from', 'coco', '--to', 'yolo'], { from: 'coco', to: 'yolo' }],
    ['inspect', [path('run', 'final.safetensors')], { format: 'safetensors' }],
    [
      'convert',
      [path('run', 'final.safetensors'), path('half.safetensors'), '--dtype', 'float16'],
      { tensors: expect.any(Number) },
    ],
    ['models list', ['resnet18'], [{ name: 'torchvision/resnet18-v1' }]],
    ['doctor', [], { ok: expect.any(Boolean) }],
    [
      'export onnx',
      [path('found', 'model.safetensors'), path('found.onnx'), ...backbone],
      { path: path('found.onnx') },
    ],
    ['export onnx', [path('found'), path('whole.onnx')], { classes: ['square'], config: { backbone: { width: 8 } } }],
    ['export onnx', [path('found'), path('part.onnx'), '--outputs', 'c5'], { config: { width: 8 } }],
    ['setup', ['--offline'], { changed: false }],
  ])(
    '%s',
    async (command, args, part) => {
      expect(await json(...command.split(' '), ...args)).toMatchObject(part as object);
    },
    30_000,
  );
});

describe('eval', () => {
  const evaluate = ['eval', 'detection', ...data, ...model];

  test('--out writes what was found as COCO’s results, which eval bbox scores alike', async () => {
    const { stats } = (await json(...evaluate, '--out', path('found.json'))) as { stats: object };
    const again = (await json('eval', 'bbox', '--gt', path('gt.json'), '--dt', path('found.json'))) as {
      stats: object;
    };
    expect(again.stats).toEqual(stats);
  }, 30_000);

  test('--per-category prints a table', async () => {
    await icconv(...evaluate, '--per-category');
    expect(take()).toMatch(/category +│ +objects[\s\S]*square +│ +4 │ +0\./);
  }, 30_000);

  test('--min-score tells what is found, by size, and what is wrong', async () => {
    await icconv(...evaluate, '--min-score', '0.05');
    expect(take()).toMatch(/scores of 0\.05[\s\S]*small +│ +\d[\s\S]*all +│ +4 │[\s\S]*precision/);
    const { errors } = (await json(...evaluate, '--min-score', '0.05')) as { errors: { total: object } };
    expect(errors.total).toMatchObject({ objects: 4 });
  }, 30_000);

  test('--min-score counts what the metric counts: boxes of masks, and nothing that has neither', async () => {
    const file = JSON.parse(readFileSync(path('gt.json'), 'utf8'));
    const [{ bbox: _1, ...masked }, { bbox: _2, segmentation: _3, ...bare }, ...others] = file.annotations;
    writeFileSync(path('masks.json'), JSON.stringify({ ...file, annotations: [masked, bare, ...others] }));
    const some = ['eval', 'detection', '--annotations', path('masks.json'), '--images', path('images'), ...model];
    const { errors } = (await json(...some, '--min-score', '0.05')) as { errors: { total: object } };
    expect(errors.total).toMatchObject({ objects: 3 });
  }, 30_000);

  test('--limit looks at the first pictures alone', async () => {
    const { data: told } = (await json(...evaluate, '--limit', '3', '--out', path('some.json'))) as {
      data: { pictures: number };
    };
    expect(told.pictures).toBe(3);
    const some = JSON.parse(readFileSync(path('some.json'), 'utf8')) as { image_id: number }[];
    expect([...new Set(some.map(({ image_id }) => image_id))]).toEqual([1, 2, 3]);
  }, 30_000);
});
