import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { ImageDecodeError } from '../errors/image-decode-error';
import { decodeImage, imageSize } from './decode-image';
import { meanGrey } from './decode-pixels';
import type { ImageInput } from './image-input';

const folder = mkdtempSync(join(tmpdir(), 'icconv-images-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pixels = (width: number, height: number, channels: 1 | 2 | 3 | 4, ...values: number[]) =>
  sharp(Uint8Array.from(values), { raw: { width, height, channels } });
const values = async (input: ImageInput) => [...(await decodeImage(input)).data];
/** Noise, so that a JPEG is long enough to cut. */
const noise = () =>
  sharp(
    Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24),
    { raw: { width: 64, height: 48, channels: 3 } },
  );
async function failure(input: ImageInput, options = {}): Promise<ImageDecodeError> {
  try {
    await decodeImage(input, options);
  } catch (error) {
    expect(error).toBeInstanceOf(ImageDecodeError);
    return error as ImageDecodeError;
  }
  throw new Error('nothing was thrown');
}

test('paths, URLs, bytes, buffers, pipelines and pixels', async () => {
  const png = await pixels(2, 1, 3, 1, 2, 3, 4, 5, 6).png().toBuffer();
  const path = join(folder, 'two pixels.png');
  writeFileSync(path, png);
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/a.png' ? 200 : 404).end(png);
  }).listen(0);
  const { port } = server.address() as { port: number };
  const inputs: ImageInput[] = [
    path,
    pathToFileURL(path),
    pathToFileURL(path).href,
    png,
    new Uint8Array(png),
    Uint8Array.from(png).buffer,
    sharp(png),
    new URL(`http://localhost:${port}/a.png`),
    `data:image/png;base64,${png.toString('base64')}`,
    { data: Uint8ClampedArray.of(1, 2, 3, 255, 4, 5, 6, 255), width: 2, height: 1 },
    { data: Uint8Array.of(1, 2, 3, 4, 5, 6), width: 2, height: 1 },
  ];
  for (const input of inputs) {
    expect(await values(input)).toEqual([1, 2, 3, 4, 5, 6]);
    if (!(typeof input === 'object' && 'toColourspace' in input)) {
      expect(await imageSize(input)).toEqual({ width: 2, height: 1 });
    }
  }
  expect((await failure(new URL(`http://localhost:${port}/missing.png`))).message).toContain('the server answers 404');
  server.close();
});

test('grey, alpha, 16 bits, CMYK, palettes', async () => {
  expect(await values(await pixels(2, 1, 1, 7, 200).png().toBuffer())).toEqual([7, 7, 7, 200, 200, 200]);
  const alpha = await pixels(2, 1, 4, 255, 0, 0, 255, 0, 0, 0, 0).png().toBuffer();
  expect(await values(alpha)).toEqual([255, 0, 0, 255, 255, 255]);
  expect([...(await decodeImage(alpha, { background: [9, 8, 7] })).data]).toEqual([255, 0, 0, 9, 8, 7]);
  expect(await values(await pixels(1, 1, 2, 50, 255).png().toBuffer())).toEqual([50, 50, 50]);
  const half = { data: Uint8Array.of(100, 200, 0, 51), width: 1, height: 1 };
  expect([...(await decodeImage(half, { background: [0, 0, 0] })).data]).toEqual([20, 40, 0]);
  const deep = await sharp(Uint16Array.of(65535, 32768, 257), { raw: { width: 1, height: 1, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  expect((await sharp(deep).metadata()).depth).toBe('ushort');
  expect(await values(deep)).toEqual([255, 128, 1]);
  const flat = { create: { width: 8, height: 8, channels: 3 as const, background: { r: 200, g: 100, b: 50 } } };
  const cmyk = await sharp(flat).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
  expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
  // Of saturated colours CMYK has not all.
  for (const [i, value] of (await values(cmyk)).slice(0, 3).entries())
    expect(Math.abs(value - [200, 100, 50][i]!)).toBeLessThan(40);
  const palette = await sharp(flat).png({ palette: true }).toBuffer();
  expect((await values(palette)).slice(0, 3)).toEqual([200, 100, 50]);
});

test('upright by EXIF', async () => {
  // Orientation 6: to be turned clockwise. Left is black, right is white; so above is black.
  const file = await pixels(2, 1, 3, 0, 0, 0, 255, 255, 255).withMetadata({ orientation: 6 }).png().toBuffer();
  const { width, height, data } = await decodeImage(file);
  expect([width, height, ...data]).toEqual([1, 2, 0, 0, 0, 255, 255, 255]);
  expect(await imageSize(file)).toEqual({ width: 1, height: 2 });
});

test('1x1 and 20,000 pixels wide', async () => {
  expect(await values(await pixels(1, 1, 3, 18, 52, 86).png().toBuffer())).toEqual([18, 52, 86]);
  const wide = await sharp({ create: { width: 20000, height: 3, channels: 3, background: '#123456' } })
    .png()
    .toBuffer();
  const { width, data } = await decodeImage(wide);
  expect([width, ...data.subarray(-3)]).toEqual([20000, 18, 52, 86]);
});

test('what cannot be read is one error with the path', async () => {
  const whole = await noise().jpeg().toBuffer();
  for (const share of [0.3, 0.9]) {
    const path = join(folder, `cut ${share}.jpg`);
    writeFileSync(path, whole.subarray(0, Math.floor(whole.length * share)));
    const error = await failure(path);
    expect(error.path).toBe(path);
    expect(error.message).toContain(`${path}: cannot be decoded: it is truncated or damaged`);
    expect((await decodeImage(path, { tolerateDamage: true })).width).toBe(64);
  }
  const png = await noise().png().toBuffer();
  expect((await failure(png.subarray(0, png.length / 2))).message).toContain('<buffer>: cannot be decoded');
  expect((await failure(join(folder, 'no.jpg'))).reason).toBe('no such file');
  expect((await failure(Buffer.from('no picture at all'))).reason).toBe('it is no picture of a known format');
  expect((await failure(new Uint8Array())).reason).toBe('it is empty');
  expect((await failure(whole, { maxPixels: 1000 })).reason).toBe('it has more pixels than maxPixels allows');
  expect((await failure({ data: new Uint8Array(5), width: 2, height: 1 })).message).toContain(
    'neither RGBA, RGB nor grey',
  );
  await expect(decodeImage(whole, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
});

test('mean grey', () => {
  expect(meanGrey({ data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255), width: 3, height: 1 })).toBeCloseTo(85, 6);
});

test('only pictures of known formats in ordinary files reach the decoder', async () => {
  const svg = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="1"><rect width="2" height="1"/></svg>',
  );
  expect((await failure(svg)).reason).toBe('it is SVG, which is taken with allowSvg only; save it as PNG');
  expect(await values(svg).catch((error) => error.code)).toBe('ICCONV_IMAGE_DECODE');
  expect((await decodeImage(svg, { allowSvg: true })).width).toBe(2);
  expect((await failure(Buffer.from('%PDF-1.4\n'))).reason).toBe('it is no picture of a known format');
  expect((await failure(folder)).reason).toBe('it is a folder, not an ordinary file');
  expect((await failure('/dev/zero')).reason).toBe('it is a device, not an ordinary file');
  await expect(imageSize(join(folder, 'no.png'))).rejects.toThrow('no such file');
  expect((await failure(await noise().png().toBuffer(), { maxBytes: 100 })).reason).toBe(
    'it has more bytes than maxBytes allows (100)',
  );
});
