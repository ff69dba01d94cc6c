/** Charts as files. */
import sharp from 'sharp';
import { writeWhole } from '../files/write-whole';

/** Dots an inch; SVG counts 72, so charts get twice as many pixels as they have units. */
const DENSITY = 144;

/** Writes `<path>.svg` and `<path>.png`. */
export async function writeChart(path: string, svg: string): Promise<void> {
  await writeWhole(`${path}.svg`, svg);
  await writeWhole(`${path}.png`, await sharp(Buffer.from(svg), { density: DENSITY }).png().toBuffer());
}
