import { expect, test } from 'vitest';
import { decodeImage, imageSize } from './decode-image';

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly rows: readonly (readonly number[])[];
  readonly palette?: readonly (readonly number[])[];
  readonly masks?: readonly number[];
  readonly core?: boolean;
}

/** Written from the format's description: rows as they stand in the file, without their padding. */
function bitmap({ width, height, bits, rows, palette = [], masks = [], core = false }: Layout): Buffer {
  const header = Buffer.alloc(core ? 12 : 40);
  header.writeUInt32LE(header.length, 0);
  if (core) {
    header.writeUInt16LE(width, 4);
    header.writeUInt16LE(height, 6);
    header.writeUInt16LE(1, 8);
    header.writeUInt16LE(bits, 10);
  } else {
    header.writeInt32LE(width, 4);
    header.writeInt32LE(height, 8);
    header.writeUInt16LE(1, 12);
    header.writeUInt16LE(bits, 14);
    header.writeUInt32LE(masks.length > 0 ? 3 : 0, 16);
    header.writeUInt32LE(palette.length, 32);
  }
  const fields = Buffer.alloc(masks.length * 4);
  masks.forEach((mask, i) => {
    fields.writeUInt32LE(mask, i * 4);
  });
  const colours = Buffer.from(palette.flatMap((bgr) => (core ? bgr : [...bgr, 0])));
  const pixels = Buffer.concat(rows.map((row) => Buffer.from([...row, ...Array((4 - (row.length % 4)) % 4).fill(0)])));
  const file = Buffer.alloc(14);
  file.write('BM');
  const offset = 14 + header.length + fields.length + colours.length;
  file.writeUInt32LE(offset + pixels.length, 2);
  file.writeUInt32LE(offset, 10);
  return Buffer.concat([file, header, fields, colours, pixels]);
}

const RED_BLUE = [255, 0, 0, 0, 0, 255];
const cases: Record<string, [Layout, number[]]> = {
  '24 bits, rows from below': [
    {
      width: 2,
      height: 2,
      bits: 24,
      rows: [
        [3, 2, 1, 6, 5, 4],
        [0, 0, 255, 255, 0, 0],
      ],
    },
    [...RED_BLUE, 1, 2, 3, 4, 5, 6],
  ],
  '24 bits, rows from above': [{ width: 2, height: -1, bits: 24, rows: [[0, 0, 255, 255, 0, 0]] }, RED_BLUE],
  '1 bit': [
    {
      width: 2,
      height: 1,
      bits: 1,
      palette: [
        [0, 0, 255],
        [255, 0, 0],
      ],
      rows: [[0b01000000]],
    },
    RED_BLUE,
  ],
  '4 bits, odd width': [
    {
      width: 3,
      height: 1,
      bits: 4,
      palette: [
        [0, 0, 255],
        [255, 0, 0],
      ],
      rows: [[0x01, 0x00]],
    },
    [...RED_BLUE, 255, 0, 0],
  ],
  '8 bits, a palette of the first Windows': [
    {
      width: 2,
      height: 1,
      bits: 8,
      palette: [[0, 0, 255], [255, 0, 0], ...Array(254).fill([0, 0, 0])],
      rows: [[0, 1]],
      core: true,
    },
    RED_BLUE,
  ],
  '16 bits, 5 each': [{ width: 2, height: 1, bits: 16, rows: [[0x00, 0x7c, 0x1f, 0x00]] }, RED_BLUE],
  '16 bits, 565': [
    { width: 2, height: 1, bits: 16, masks: [0xf800, 0x07e0, 0x001f], rows: [[0x00, 0xf8, 0x1f, 0x00]] },
    RED_BLUE,
  ],
  '32 bits': [{ width: 2, height: 1, bits: 32, rows: [[0, 0, 255, 0, 255, 0, 0, 0]] }, RED_BLUE],
  '32 bits, red first': [
    { width: 1, height: 1, bits: 32, masks: [0x000000ff, 0x0000ff00, 0x00ff0000], rows: [[1, 2, 3, 0]] },
    [1, 2, 3],
  ],
};

test.each(Object.entries(cases))('%s', async (_, [layout, expected]) => {
  const image = await decodeImage(bitmap(layout));
  expect([...image.data]).toEqual(expected);
  expect(await imageSize(bitmap(layout))).toEqual({ width: layout.width, height: Math.abs(layout.height) });
});

test('what cannot be read', async () => {
  const good = bitmap({
    width: 2,
    height: 2,
    bits: 24,
    rows: [
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6],
    ],
  });
  await expect(decodeImage(good.subarray(0, -9))).rejects.toThrow(/truncated or damaged/);
  expect((await decodeImage(good.subarray(0, -9), { tolerateDamage: true })).data[0]).toBe(128);
  await expect(decodeImage(good.subarray(0, 20))).rejects.toThrow(/truncated or damaged \(no header\)/);
  const compressed = Buffer.from(good);
  compressed.writeUInt32LE(1, 30);
  await expect(decodeImage(compressed)).rejects.toThrow(/not supported; save it as PNG/);
  const huge = Buffer.from(good);
  huge.writeInt32LE(2 ** 30, 18);
  await expect(decodeImage(huge)).rejects.toThrow('more pixels than maxPixels allows');
});
