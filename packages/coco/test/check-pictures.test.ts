import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CocoDataset } from '../src';
import { checkPictures, formatPictureFaults } from '../src/node';

const folder = mkdtempSync(join(tmpdir(), 'icconv-pictures-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A bitmap of 24 bits a pixel, grey noise: the one format that can be written here in ten lines. */
function bitmap(width: number, height: number): Buffer {
  const stride = Math.ceil((width * 3) / 4) * 4;
  const bytes = Buffer.alloc(54 + stride * height, 130);
  bytes.fill(0, 0, 54);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

beforeAll(() => {
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'good.bmp'), bitmap(40, 20));
  writeFileSync(join(folder, 'sub', 'good.bmp'), bitmap(41, 20));
  writeFileSync(join(folder, 'cut.bmp'), bitmap(40, 20));
  truncateSync(join(folder, 'cut.bmp'), 800);
  writeFileSync(join(folder, 'text.jpg'), '<html>not found</html>');
  writeFileSync(join(folder, 'empty.jpg'), '');
});

async function check(images: object[], options = {}) {
  const numbered = images.map((image, i) => ({ id: i + 1, ...image }));
  const dataset = CocoDataset.parse(JSON.stringify({ images: numbered, annotations: [], categories: [] }));
  return checkPictures(dataset, folder, options);
}

test('what is wrong is told picture by picture, in order', async () => {
  const seen: number[] = [];
  const { pictures, faults, sizes } = await check(
    [
      { file_name: 'good.bmp', width: 40, height: 20 },
      { file_name: 'sub\\good.bmp' },
      { file_name: 'gone.bmp' },
      { file_name: 'cut.bmp' },
      { file_name: 'text.jpg' },
      { file_name: 'empty.jpg' },
      { file_name: '../outside.jpg' },
      {},
      { file_name: 'sub' },
    ],
    { onProgress: ({ done }: { done: number }) => seen.push(done) },
  );
  expect(pictures).toBe(9);
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([...sizes]).toEqual([
    [1, { width: 40, height: 20 }],
    [2, { width: 41, height: 20 }],
  ]);
  expect(faults.map(({ imageId, kind }) => [imageId, kind])).toEqual([
    [3, 'missing'],
    [4, 'unreadable'],
    [5, 'unreadable'],
    [6, 'unreadable'],
    [7, 'name'],
    [8, 'name'],
    [9, 'unreadable'],
  ]);
  const text = formatPictureFaults(faults, folder, 2);
  expect(text).toContain('gone.bmp (image 3): no such file');
  expect(text).toMatch(/and 5 more\n {2}missing ones were looked for in /);
});

test('damage may be tolerated', async () => {
  expect((await check([{ file_name: 'cut.bmp' }], { tolerateDamage: true })).faults).toEqual([]);
});

test.each([
  [{ width: 80, height: 40 }, /says 80x40, the picture is 40x20: .*2 times as large/],
  [{ width: 13, height: 7 }, /3\.\d+ times smaller|is 40x20/],
  [{ width: 20, height: 40 }, /width and height are exchanged.*EXIF/],
  [{ width: 60, height: 120 }, /unturned picture 3 times as large/],
  [{ width: 50, height: 20 }, /says 50x20, the picture is 40x20$/],
])('a size of %j is another one', async (size, message) => {
  const { faults } = await check([{ file_name: 'good.bmp', ...size }]);
  expect(faults).toMatchObject([{ kind: 'size', message: expect.stringMatching(message) }]);
});

test('a size of 0 is none', async () => {
  const { faults } = await check([
    { file_name: 'good.bmp', width: 0, height: 0 },
    { file_name: 'good.bmp', width: 40, height: 20 },
  ]);
  expect(faults).toEqual([]);
});

test('names that begin with the folder they lie in', () => {
  const fault = (name: string) => ({ imageId: 1, name, kind: 'missing' as const, message: 'no such file' });
  expect(formatPictureFaults([fault('images/a.jpg'), fault('images\\b.jpg')], '/data/images')).toContain(
    'give the folder that images lies in',
  );
  expect(formatPictureFaults([fault('images/a.jpg'), fault('b.jpg')], '/data/images')).toContain(
    'looked for in /data/images',
  );
});

test('an abort ends it', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(check([{ file_name: 'good.bmp' }], { signal })).rejects.toThrow('enough');
});
