import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { isUprightJpeg, plainJpeg } from './plain-jpeg';

const folder = mkdtempSync(join(tmpdir(), 'icconv-jpeg-'));
afterAll(() => rmSync(folder, { recursive: true }));

const picture = () => sharp({ create: { width: 16, height: 8, channels: 3, background: '#123456' } });
const jpeg = await picture().jpeg().toBuffer();
const turned = (orientation: number) => picture().withMetadata({ orientation }).jpeg().toBuffer();

test('a JPEG is plain in a file, in memory, and with an EXIF that leaves it as it lies', async () => {
  const file = join(folder, 'a.jpg');
  writeFileSync(file, jpeg);
  expect(await plainJpeg(file, {})).toEqual(new Uint8Array(jpeg));
  expect(await plainJpeg(new Uint8Array(jpeg).buffer, {})).toEqual(new Uint8Array(jpeg));
  expect(isUprightJpeg(await turned(1))).toBe(true);
});

test.each([2, 3, 6, 8])('one that EXIF turns by orientation %i is not', async (orientation) => {
  expect(isUprightJpeg(await turned(orientation))).toBe(false);
});

test('neither is another format, a file that is not there, nor pixels', async () => {
  expect(await plainJpeg(await picture().png().toBuffer(), {})).toBeUndefined();
  expect(await plainJpeg(join(folder, 'absent.jpg'), {})).toBeUndefined();
  expect(await plainJpeg({ data: new Uint8Array(3), width: 1, height: 1 }, {})).toBeUndefined();
});

test('wherever the bytes are cut before the pixels, it is not', async () => {
  const whole = await turned(1);
  const scan = whole.indexOf(Buffer.from([0xff, 0xda]), whole.indexOf(Buffer.from([0xff, 0xc4])));
  for (let length = 0; length < scan; length++) expect(isUprightJpeg(whole.subarray(0, length))).toBe(false);
});

test('nor where an EXIF ends before its directory', async () => {
  const cut = Buffer.from(await turned(6));
  const exif = cut.indexOf('Exif\0\0');
  // The directory is said to lie far behind the segment's end.
  cut.writeUInt32LE(0x7fff, exif + 10);
  cut.writeUInt32BE(0x7fff, exif + 10);
  expect(isUprightJpeg(cut)).toBe(false);
});
