/** Charts as files. */

import sharp from 'sharp';
import { writeAtomically } from '../files/write-file';

/** Dots an inch; SVG counts 72, so charts get twice as many pixels as they have units. */
const DENSITY = 144;

/** Writes `<path>.svg` and `<path>.png`. */
export async function writeChart(path: string, svg: string): Promise<void> {
  await writeAtomically(`${path}.svg`, svg);
  await writeAtomically(`${path}.png`, await sharp(Buffer.from(svg), { density: DENSITY }).png().toBuffer());
}
