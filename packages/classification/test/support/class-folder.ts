/** A folder of pictures for each of three classes: a shape in a colour of its own, anywhere on grey noise. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CocoData, openData } from '@icconv/coco/node';
import { seededRandom } from '@icconv/training';
import sharp from 'sharp';

export const CLASSES = ['bar', 'disc', 'square'] as const;

const SHAPES: Readonly<Record<(typeof CLASSES)[number], (x: number, y: number) => string>> = {
  bar: (x, y) => `<rect x="${x - 16}" y="${y - 5}" width="32" height="10" fill="#2a5cd0"/>`,
  disc: (x, y) => `<circle cx="${x}" cy="${y}" r="12" fill="#d03030"/>`,
  square: (x, y) => `<rect x="${x - 11}" y="${y - 11}" width="22" height="22" fill="#30a040"/>`,
};

/** @param each - pictures of a class. */
export async function classFolder(folder: string, each: number, seed: string): Promise<CocoData> {
  const random = seededRandom(seed);
  for (const name of CLASSES) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < each; i++) {
      const [width, height] = [48 + random.below(40), 48 + random.below(40)];
      const noise = Buffer.from(Array.from({ length: width * height * 3 }, () => 90 + random.below(60)));
      const shape = SHAPES[name](random.uniform(20, width - 20), random.uniform(20, height - 20));
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shape}</svg>`;
      await sharp(noise, { raw: { width, height, channels: 3 } })
        .composite([{ input: Buffer.from(svg) }])
        .png()
        .toFile(join(folder, name, `${i}.png`));
    }
  }
  return openData({ annotations: folder });
}
