import { encodeMask, rleToCoco } from '@icconv/coco';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { drawDetections } from './draw-detections';

const size = { width: 80, height: 60 };
const picture = sharp({ create: { ...size, channels: 3, background: '#606060' } });
const result = {
  ...size,
  detections: [{ box: [20, 30, 60, 50] as const, score: 0.9, classId: 0, label: 'a<b' }],
};

test('a box in the colour of its class, and a label', async () => {
  const { data, info } = await sharp(await drawDetections(picture, result))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([80, 60, 3]);
  const at = (x: number, y: number) => [...data.subarray(3 * (y * 80 + x), 3 * (y * 80 + x) + 3)];
  const [red, green, blue] = at(40, 30) as [number, number, number];
  expect(red).toBeGreaterThan(180);
  expect(Math.max(green, blue)).toBeLessThan(120);
  expect(at(40, 40)).toEqual([0x60, 0x60, 0x60]);
  expect(at(30, 22)).not.toEqual([0x60, 0x60, 0x60]);
});

test('the pixels of a mask are tinted, those around it and in its hole are not', async () => {
  const data = Uint8Array.from({ length: 80 * 60 }, (_, i) => {
    const [x, y] = [i % 80, Math.floor(i / 80)];
    return Number(x >= 24 && x < 50 && y >= 34 && y < 48 && !(x >= 40 && x < 46 && y >= 38 && y < 44));
  });
  const mask = rleToCoco(encodeMask({ data, height: 60, width: 80 }));
  const detections = [{ ...result.detections[0]!, mask }];
  const drawn = await sharp(await drawDetections(picture, { ...size, detections }))
    .removeAlpha()
    .raw()
    .toBuffer();
  const at = (x: number, y: number) => [...drawn.subarray(3 * (y * 80 + x), 3 * (y * 80 + x) + 3)];
  expect(at(30, 42)[0]).toBeGreaterThan(0x60 + 30);
  for (const [x, y] of [
    [43, 41],
    [55, 42],
  ] as const) {
    expect(at(x, y)).toEqual([0x60, 0x60, 0x60]);
  }
});

test('as JPEG where asked for; nothing found, nothing drawn', async () => {
  const drawn = await drawDetections(picture, { ...size, detections: [] }, { format: 'jpg' });
  expect((await sharp(drawn).metadata()).format).toBe('jpeg');
  const { channels } = await sharp(drawn).stats();
  for (const { mean } of channels) expect(Math.abs(mean - 0x60)).toBeLessThan(2);
});
