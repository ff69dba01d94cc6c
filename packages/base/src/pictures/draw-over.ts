/** Drawings over pictures. */
import sharp from 'sharp';
import { decodeImage } from './decode-image';
import type { ImageInput } from './image-input';

/** @param svg - of the picture's size, upright by its EXIF orientation. @returns the picture with the drawing over it, encoded. */
export async function drawOver(image: ImageInput, svg: string, format: 'png' | 'jpg' = 'png'): Promise<Buffer> {
  const { data, width, height } = await decodeImage(image);
  const drawn = sharp(data, { raw: { width, height, channels: 3 } }).composite([
    { input: Buffer.from(svg), top: 0, left: 0 },
  ]);
  return format === 'png' ? drawn.png().toBuffer() : drawn.jpeg({ quality: 92 }).toBuffer();
}
