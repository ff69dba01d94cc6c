/** Files and folders. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testData } from '@icconv/test-utils';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CocoDataset, CocoResults } from '../src/index';
import {
  evaluateParallel,
  loadDataset,
  loadResults,
  loadVoc,
  loadYolo,
  loadYoloResults,
  saveDataset,
  saveResults,
  saveVoc,
  saveYolo,
} from '../src/node/index';
import { writePicture } from './pictures';

let folder: string;
const path = (...names: string[]) => join(folder, ...names);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-coco-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

// More than a buffer's megabyte, so that records are cut by its end.
const detections = Array.from({ length: 20_000 }, (_, i) => ({
  image_id: 1 + (i % 50),
  category_id: 1 + (i % 3),
  bbox: [Math.fround(i / 7), Math.fround(i / 11), 10.25, 3],
  score: Math.fround((i % 997) / 997),
}));

test('results come back from a file as they were, on ordinary and shared memory', async () => {
  await saveResults(path('new', 'dt.json'), CocoResults.parse(detections));
  const read: number[] = [];
  const results = await loadResults(path('new', 'dt.json'), { onProgress: (bytes, total) => read.push(bytes, total) });
  expect([...results]).toEqual(detections);
  expect(read.length).toBeGreaterThan(2);
  expect(read.at(-2)).toBe(read.at(-1));
  const shared = await loadResults(path('new', 'dt.json'), { shared: true });
  expect(shared.columns.score.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect([...shared]).toEqual(detections);
});

test('a file can be absent, cut short, or no longer wanted', async () => {
  await expect(loadDataset(path('none.json'))).rejects.toMatchObject({ code: 'ICCONV_FILE' });
  writeFileSync(path('cut.json'), JSON.stringify(detections).slice(0, 1_200_000));
  await expect(loadResults(path('cut.json'))).rejects.toThrow(/cut.json at byte 1200000: JSON ends early/);
  await expect(loadResults(path('cut.json'), { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
});

test.skipIf(process.platform === 'win32')('a named pipe and a folder are refused at once', async () => {
  execFileSync('mkfifo', [path('pipe.json')]);
  for (const load of [loadDataset, loadResults]) {
    await expect(load(path('pipe.json'))).rejects.toThrow('it is a named pipe, not an ordinary file');
    await expect(load(folder)).rejects.toThrow('it is a folder, not an ordinary file');
  }
});

test('YOLO and VOC folders', async () => {
  const gt = CocoDataset.parse({
    images: [
      { id: 1, width: 64, height: 32, file_name: 'a.png' },
      { id: 2, width: 10, height: 10, file_name: 'b.png' },
    ],
    categories: [
      { id: 1, name: 'x' },
      { id: 2, name: 'y' },
    ],
    annotations: [{ id: 1, image_id: 1, category_id: 2, bbox: [16, 8, 32, 16], area: 512, iscrowd: 0 }],
  });
  mkdirSync(path('images'));
  await writePicture(path('images', 'a.png'), 64, 32);
  await writePicture(path('images', 'b.png'), 10, 10);
  await saveYolo(path('labels'), gt);
  expect((await loadYolo(path('labels'), { images: path('images') })).toJson()).toEqual(gt.toJson());
  await expect(loadYolo(path('labels'), { images: path('labels') })).rejects.toThrow('a folder with pictures');
  mkdirSync(path('results'));
  writeFileSync(path('results', 'a.txt'), '1 0.5 0.5 0.5 0.5 0.75\n');
  const results = await loadYoloResults(path('results'), { images: path('images'), dataset: gt });
  expect([...results]).toEqual([{ image_id: 1, category_id: 2, bbox: [16, 8, 32, 16], score: 0.75 }]);
  await saveVoc(path('voc'), gt);
  expect((await loadVoc(path('voc'), { names: ['x', 'y'] })).toJson()).toEqual(gt.toJson());
  await expect(loadVoc(path('images'))).rejects.toThrow('a folder with .xml files');
  expect((await evaluateParallel(gt, results, { iouType: 'bbox', threads: 1 })).stats.AP).toBeCloseTo(1, 12);
  await expect(evaluateParallel(gt, results, { iouType: 'bbox', threads: 0.5 })).rejects.toThrow(
    'threads must be a positive integer',
  );
});

const mini = testData('coco-mini', 'instances.json');
test.skipIf(mini === undefined)('a real file, read and written', async () => {
  await saveDataset(path('copy.json'), await loadDataset(mini!));
  expect(JSON.parse(readFileSync(path('copy.json'), 'utf8'))).toEqual(JSON.parse(readFileSync(mini!, 'utf8')));
});
