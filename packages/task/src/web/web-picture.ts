/// <reference lib="dom" />
/// <reference lib="dom.asynciterable" />
/** Pictures as browsers have them, decoded by the browser to what `decodeImage` gives in Node. */
import { defined, ImageDecodeError, withoutAlpha } from '@icconv/base';
import type { DecodedImage } from '@icconv/base/pictures';

/** An address, a file, an element that shows a picture, or pixels. */
export type WebPicture = string | URL | ImageBitmapSource;

/**
 * As the file has them: upright by EXIF, embedded colour profiles not applied, alpha not multiplied in. That is how pictures are read in Node
 * and how networks saw them in training.
 */
const AS_STORED: ImageBitmapOptions = {
  imageOrientation: 'from-image',
  colorSpaceConversion: 'none',
  premultiplyAlpha: 'none',
};
const WHITE = [255, 255, 255] as const;

/** Transparent pixels over white. @throws ImageDecodeError; the signal's reason when aborted. */
export async function decodeWebPicture(picture: WebPicture, signal?: AbortSignal): Promise<DecodedImage> {
  signal?.throwIfAborted();
  if (typeof picture === 'string' || picture instanceof URL) {
    return decodeWebPicture(await fetchPicture(String(picture), signal), signal);
  }
  const { data, width, height } = picture instanceof ImageData ? picture : await pixelsOf(picture);
  return { data: withoutAlpha(data, WHITE), width, height };
}

async function fetchPicture(address: string, signal: AbortSignal | undefined): Promise<Blob> {
  const failed = (cause: Error) => {
    signal?.throwIfAborted();
    throw new ImageDecodeError(shown(address), `it cannot be fetched: ${cause.message}`, { cause });
  };
  const response = await fetch(address, defined({ signal })).catch(failed);
  if (!response.ok) throw new ImageDecodeError(shown(address), `the server answers ${response.status}`);
  // A connection may also end in the middle.
  return response.blob().catch(failed);
}

const shown = (address: string) => (address.startsWith('data:') ? 'data URL' : address);

async function pixelsOf(picture: Exclude<ImageBitmapSource, ImageData>): Promise<ImageData> {
  try {
    if (typeof HTMLImageElement !== 'undefined' && picture instanceof HTMLImageElement) await picture.decode();
    const bitmap = await createImageBitmap(picture, AS_STORED);
    try {
      const { width, height } = bitmap;
      const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
      context.drawImage(bitmap, 0, 0);
      return context.getImageData(0, 0, width, height);
    } finally {
      bitmap.close();
    }
  } catch (cause) {
    throw new ImageDecodeError(nameOf(picture), (cause as Error).message, { cause });
  }
}

function nameOf(picture: object): string {
  if (picture instanceof Blob) return 'name' in picture ? String(picture.name) : '<blob>';
  return 'currentSrc' in picture ? shown(String(picture.currentSrc)) : '<picture>';
}
