import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProgram } from '../program';

const gt = {
  images: [{ id: 1, width: 100, height: 80, file_name: 'one.png' }],
  categories: [
    { id: 1, name: 'cat' },
    { id: 2, name: 'dog' },
  ],
  annotations: [
    { id: 1, image_id: 1, category_id: 1, bbox: [10, 10, 40, 40], area: 1600, iscrowd: 0 },
    { id: 2, image_id: 1, category_id: 2, bbox: [60, 10, 20, 20], area: 400, iscrowd: 0 },
  ],
};
const dt = [
  { image_id: 1, category_id: 1, bbox: [10, 10, 40, 40], score: 0.9 },
  { image_id: 1, category_id: 2, bbox: [0, 50, 20, 20], score: 0.8 },
];

let folder: string;
const path = (...names: string[]) => join(folder, ...names);
const printed: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-coco-'));
  writeFileSync(path('gt.json'), JSON.stringify(gt));
  writeFileSync(path('dt.json'), JSON.stringify(dt));
  printed.length = 0;
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
  process.exitCode = 0;
});

const icconv = async (...args: string[]) =>
  (await createProgram({ signal: new AbortController().signal }, args))
    .exitOverride()
    .parseAsync(args, { from: 'user' });

describe('icconv eval', () => {
  test('prints the summary, the table and writes the report', async () => {
    await icconv(
      'eval',
      'bbox',
      '--gt',
      path('gt.json'),
      '--dt',
      path('dt.json'),
      '--per-category',
      '--plots',
      path('plots'),
    );
    const text = printed.join('\n');
    expect(text).toContain(' Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.500');
    expect(text).toMatch(/cat .*1.000/);
    const charts = ['categories', 'confusion', 'errors', 'precision-recall'];
    const files = charts.flatMap((name) => [`${name}.png`, `${name}.svg`]);
    expect(readdirSync(path('plots')).sort()).toEqual([...files, 'report.html'].sort());
    for (const name of charts) {
      const [svg, png] = [
        await sharp(path('plots', `${name}.svg`)).metadata(),
        await sharp(path('plots', `${name}.png`)).metadata(),
      ];
      expect([png.format, png.width, png.height]).toEqual(['png', 2 * svg.width, 2 * svg.height]);
    }
  });

  test('prints JSON alone', async () => {
    await icconv('eval', 'bbox', '--gt', path('gt.json'), '--dt', path('dt.json'), '--json', '--max-dets', '1,5');
    const { stats, errors, params } = JSON.parse(printed.join('\n'));
    expect(stats.AP).toBeCloseTo(0.5, 12);
    expect(errors.total).toMatchObject({ correct: 1, background: 1, missed: 1 });
    expect(params.maxDets).toEqual([1, 5]);
  });

  test('names what it leaves out', async () => {
    const files = ['--gt', path('gt.json'), '--dt', path('shifted.json')];
    writeFileSync(path('shifted.json'), JSON.stringify(dt.map((d) => ({ ...d, category_id: d.category_id - 1 }))));
    await icconv('eval', 'bbox', ...files);
    expect(printed.join('\n')).toContain(
      'warning: 1 detections of categories that the ground truth lacks, left out (0); every id is one too small',
    );
    printed.length = 0;
    await icconv('eval', 'bbox', ...files, '--json');
    const { skipped, warnings } = JSON.parse(printed.join('\n'));
    expect(skipped).toEqual({ images: 0, categories: 1 });
    expect(warnings[0]).toMatchObject({ kind: 'result-unknown-category', count: 1, examples: [0] });
  });

  test('refuses what it cannot evaluate', async () => {
    const files = ['--gt', path('gt.json'), '--dt', path('dt.json')];
    await expect(icconv('eval', 'segm', ...files)).rejects.toThrow('has no segmentation');
    await expect(icconv('eval', 'bbox', '--gt', path('none.json'), '--dt', path('dt.json'))).rejects.toThrow(
      'cannot be read',
    );
    await expect(icconv('eval', 'bbox', ...files, '--max-dets', 'many')).rejects.toThrow('numbers with commas between');
  });
});

describe('icconv coco', () => {
  test('check passes a sound file and fails a broken one', async () => {
    await icconv('coco', 'check', path('gt.json'), '--results', path('dt.json'));
    expect(printed.join('\n')).toContain('nothing wrong found');
    expect(process.exitCode ?? 0).toBe(0);
    writeFileSync(path('bad.json'), JSON.stringify({ ...gt, categories: [] }));
    await icconv('coco', 'check', path('bad.json'), '--json');
    expect(JSON.parse(printed.at(-1)!).findings[0]).toMatchObject({ kind: 'unknown-category', count: 2 });
    expect(process.exitCode).toBe(1);
  });

  test('convert: annotations by VOC and YOLO, results by CSV, and back', async () => {
    await icconv('coco', 'convert', path('gt.json'), path('voc'), '--from', 'coco', '--to', 'voc');
    await icconv(
      'coco',
      'convert',
      path('voc'),
      path('back.json'),
      '--from',
      'voc',
      '--to',
      'coco',
      '--names',
      'cat,dog',
    );
    const back = JSON.parse(readFileSync(path('back.json'), 'utf8'));
    expect(back.annotations.map((a: { bbox: number[] }) => a.bbox)).toEqual(gt.annotations.map((a) => a.bbox));
    await icconv('coco', 'convert', path('gt.json'), path('yolo'), '--from', 'coco', '--to', 'yolo');
    expect(readFileSync(path('yolo', 'classes.txt'), 'utf8')).toBe('cat\ndog\n');
    expect(readFileSync(path('yolo', 'one.txt'), 'utf8')).toBe('0 0.3 0.375 0.4 0.5\n1 0.7 0.25 0.2 0.25\n');
    await icconv('coco', 'convert', path('dt.json'), path('dt.csv'), '--from', 'results', '--to', 'csv');
    await icconv('coco', 'convert', path('dt.csv'), path('dt2.json'), '--from', 'csv', '--to', 'results');
    expect(JSON.parse(readFileSync(path('dt2.json'), 'utf8'))).toEqual(dt);
    const mixed = icconv('coco', 'convert', path('gt.json'), path('x'), '--from', 'coco', '--to', 'csv');
    await expect(mixed).rejects.toThrow('to must be coco or yolo or voc when from is coco');
  });
});
