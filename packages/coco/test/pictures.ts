import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import sharp from 'sharp';

/** A grey picture of the format that its name says. @param orientation - EXIF: 6 is shown turned by a quarter. */
export async function writePicture(path: string, width: number, height: number, orientation?: number): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const picture = sharp({ create: { width, height, channels: 3, background: '#777' } });
  await (orientation === undefined ? picture : picture.withMetadata({ orientation })).toFile(path);
}
