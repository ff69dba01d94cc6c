/**
 * Decoding with sharp (libvips). Free of TensorFlow: worker threads import this file.
 *
 * The result is what the field's readers give (OpenCV, Pillow): upright by EXIF, three channels, 8 bits (the upper ones of 16), embedded
 * colour profiles not applied, except that CMYK is converted by libvips' own profile.
 */
import { setMaxListeners } from 'node:events';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import { withoutAlpha } from '../values/without-alpha';
import { bmpSize, decodeBmp, isBmp } from './bmp';
import { DecodeFailure } from './decode-failure';
import { forHeader, readEncoded } from './encoded-picture';
import type { DecodedImage, DecodeOptions, ImageInput, PixelData } from './image-input';
import { checkKind, isPixelData, isSharp } from './input-kind';

export const DEFAULT_MAX_PIXELS = 2 ** 28;
const DEFAULT_MAX_SECONDS = 60;
const WHITE = [255, 255, 255] as const;

export async function decodePixels(input: ImageInput, options: DecodeOptions = {}): Promise<DecodedImage> {
  const path = nameOf(input);
  checkKind(input, path, options.accept);
  if (isPixelData(input)) return fromPixels(input, options.background ?? WHITE);
  const { maxPixels = DEFAULT_MAX_PIXELS, tolerateDamage = false, signal } = options;
  signal?.throwIfAborted();
  let pipeline: Sharp;
  if (isSharp(input)) pipeline = input.clone();
  else {
    const bytes = await readEncoded(input, path, options);
    if (isBmp(bytes)) return decodeBmp(bytes, path, maxPixels, tolerateDamage);
    pipeline = open(bytes, options);
  }
  const [r, g, b] = options.background ?? WHITE;
  try {
    const decoding = pipeline
      .timeout({ seconds: options.maxSeconds ?? DEFAULT_MAX_SECONDS })
      .autoOrient()
      .flatten({ background: { r, g, b } })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { data, info } = await orAborted(decoding, signal);
    const { width, height, channels } = info;
    if (channels !== 3 && channels !== 1) throw new Error(`${channels} channels`);
    const pixels = ownBuffer(data);
    return { data: channels === 3 ? pixels : spreadGrey(pixels), width, height };
  } catch (error) {
    throw failure(path, error);
  }
}

/** Width and height of the upright picture, from its header. */
export async function readSize(
  input: ImageInput,
  options: DecodeOptions = {},
): Promise<{ width: number; height: number }> {
  const path = nameOf(input);
  checkKind(input, path, options.accept);
  if (isPixelData(input)) return { width: input.width, height: input.height };
  options.signal?.throwIfAborted();
  let pipeline: Sharp;
  if (isSharp(input)) pipeline = input.clone();
  else {
    const { start, source } = await forHeader(input, path, options);
    if (isBmp(start)) return bmpSize(start, path);
    pipeline = open(source, options);
  }
  try {
    const { autoOrient } = await pipeline.metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    throw failure(path, error);
  }
}

/** Mean of the grey values (ITU-R 601) of 0 to 255. */
export function meanGrey({ data, width, height }: DecodedImage): number {
  const sums: [number, number, number] = [0, 0, 0];
  const end = width * height * 3;
  for (let i = 0; i < end; i += 3) {
    sums[0] += data[i]!;
    sums[1] += data[i + 1]!;
    sums[2] += data[i + 2]!;
  }
  return greyOfSums(sums, width * height);
}

/** As {@link meanGrey}, of the sums of the channels. */
export function greyOfSums([red, green, blue]: readonly [number, number, number], pixels: number): number {
  return (0.299 * red + 0.587 * green + 0.114 * blue) / pixels;
}

export function nameOf(input: ImageInput): string {
  if (typeof input === 'string') return input.startsWith('data:') ? 'data URL' : input;
  if (input instanceof URL) return nameOf(input.protocol === 'file:' ? fileURLToPath(input) : input.href);
  return '<buffer>';
}

/** sharp goes on in its own thread after an abort; whoever waits for it does not have to. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let stop = () => {};
  // Many pictures are decoded at once, each with a listener of its own: no leak.
  setMaxListeners(0, signal);
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function open(source: string | Uint8Array, options: DecodeOptions): Sharp {
  return sharp(source, {
    failOn: options.tolerateDamage ? 'none' : 'error',
    limitInputPixels: options.maxPixels ?? DEFAULT_MAX_PIXELS,
    sequentialRead: true,
    ignoreIcc: true,
  });
}

function failure(path: string, error: unknown): DecodeFailure {
  if (error instanceof DecodeFailure) return error;
  // libvips repeats itself, a line for each layer; and where two pictures fail at once, one may get no words at all.
  const text = (error as Error).message.trim().split('\n')[0]!;
  const reason = /timeout/i.test(text)
    ? 'decoding it takes longer than maxSeconds allows'
    : /pixel limit/i.test(text)
      ? 'it has more pixels than maxPixels allows'
      : /unsupported image format/i.test(text)
        ? 'it is no picture of a known format'
        : /premature end|truncat|unexpected end|corrupt|not enough|read error|bad seek/i.test(text)
          ? `it is truncated or damaged (${text})`
          : /^unknown error$/i.test(text)
            ? 'it is truncated or damaged'
            : text;
  return new DecodeFailure(path, reason, error);
}

function fromPixels({ data, width, height }: PixelData, background: readonly number[]): DecodedImage {
  const pixels = width * height;
  const whole = [width, height].every((side) => Number.isInteger(side) && side >= 1);
  if (!whole || ![1, 3, 4].includes(data.length / pixels)) {
    throw new DecodeFailure('<pixels>', `${width}x${height} with ${data.length} bytes is neither RGBA, RGB nor grey`);
  }
  if (data.length === pixels) return { data: spreadGrey(data), width, height };
  if (data.length === pixels * 3) return { data: Uint8Array.from(data), width, height };
  return { data: withoutAlpha(data, background), width, height };
}

function spreadGrey(grey: Uint8Array | Uint8ClampedArray): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) rgb.fill(grey[i]!, i * 3, i * 3 + 3);
  return rgb;
}

/** Large results have a buffer of their own, which can move to another thread; small ones lie in Node's pool. */
function ownBuffer(data: Buffer): Uint8Array<ArrayBuffer> {
  const whole = data.byteOffset === 0 && data.byteLength === data.buffer.byteLength;
  return whole && data.buffer instanceof ArrayBuffer ? new Uint8Array(data.buffer) : Uint8Array.from(data);
}
