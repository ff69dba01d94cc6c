/** Drawings over pictures. */
import type { RgbImage } from '@icconv/tensor-ops';
import sharp from 'sharp';

/** Colours that stay apart on photographs; classes, or people, take them in turn. */
export const COLOURS = [
  '#e6194b',
  '#3cb44b',
  '#4363d8',
  '#f58231',
  '#911eb4',
  '#008080',
  '#e6a700',
  '#f032e6',
  '#5b8c00',
  '#0098d8',
];

/** The picture with a drawing of its size over it, encoded. */
export async function drawOver({ data, width, height }: RgbImage, svg: string, ending: 'png' | 'jpg'): Promise<Buffer> {
  const pixels = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const drawn = sharp(pixels, { raw: { width, height, channels: 3 } }).composite([
    { input: Buffer.from(svg), top: 0, left: 0 },
  ]);
  return ending === 'png' ? drawn.png().toBuffer() : drawn.jpeg({ quality: 92 }).toBuffer();
}

/** Coordinates in SVG: a tenth of a pixel is enough. */
export const rounded = (value: number): string => value.toFixed(1);
