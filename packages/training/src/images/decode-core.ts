/**
 * Decoding with sharp (libvips). Free of TensorFlow: worker threads import this file.
 *
 * The result is what the field's readers give (OpenCV, Pillow): upright by EXIF, three channels, 8 bits (the upper ones of 16), embedded
 * colour profiles not applied, except that CMYK is converted by libvips' own profile.
 */
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import type { DecodedImage, DecodeOptions, ImageInput, PixelData } from './image-input';

export const DEFAULT_MAX_PIXELS = 2 ** 28;
const WHITE = [255, 255, 255] as const;

/** Why a picture cannot be decoded; the main thread makes the public error of it. */
export class DecodeFailure extends Error {
  readonly path: string;
  readonly reason: string;

  constructor(path: string, reason: string, cause?: unknown) {
    super(`${path}: ${reason}`, { cause });
    this.path = path;
    this.reason = reason;
  }
}

export async function decodePixels(input: ImageInput, options: DecodeOptions = {}): Promise<DecodedImage> {
  if (isPixelData(input)) return fromPixels(input, options.background ?? WHITE);
  const path = nameOf(input);
  const pipeline = await open(input, path, options);
  const [r, g, b] = options.background ?? WHITE;
  try {
    const { data, info } = await pipeline
      .autoOrient()
      .flatten({ background: { r, g, b } })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
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
  if (isPixelData(input)) return { width: input.width, height: input.height };
  const path = nameOf(input);
  const pipeline = await open(input, path, options);
  try {
    const { autoOrient } = await pipeline.metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    throw failure(path, error);
  }
}

/** Mean of the grey values (ITU-R 601) of 0 to 255. */
export function meanGrey({ data, width, height }: DecodedImage): number {
  const sums = [0, 0, 0];
  const end = width * height * 3;
  for (let i = 0; i < end; i += 3) {
    sums[0]! += data[i]!;
    sums[1]! += data[i + 1]!;
    sums[2]! += data[i + 2]!;
  }
  return (0.299 * sums[0]! + 0.587 * sums[1]! + 0.114 * sums[2]!) / (width * height);
}

export function nameOf(input: ImageInput): string {
  if (typeof input === 'string') return input.startsWith('data:') ? 'data URL' : input;
  if (input instanceof URL) return nameOf(input.protocol === 'file:' ? fileURLToPath(input) : input.href);
  return '<buffer>';
}

export function isPixelData(input: ImageInput): input is PixelData {
  return typeof input === 'object' && 'data' in input && 'width' in input && !isSharp(input);
}

const isSharp = (input: object): input is Sharp => typeof (input as Partial<Sharp>).toColourspace === 'function';

async function open(input: Exclude<ImageInput, PixelData>, path: string, options: DecodeOptions): Promise<Sharp> {
  const { maxPixels = DEFAULT_MAX_PIXELS, tolerateDamage = false, signal } = options;
  signal?.throwIfAborted();
  if (typeof input === 'object' && isSharp(input)) return input.clone();
  const source = await encoded(input, path, signal);
  if (typeof source !== 'string' && source.byteLength === 0) throw new DecodeFailure(path, 'it is empty');
  return sharp(source, {
    failOn: tolerateDamage ? 'none' : 'error',
    limitInputPixels: maxPixels,
    sequentialRead: true,
    ignoreIcc: true,
  });
}

async function encoded(input: string | URL | Uint8Array | ArrayBuffer, path: string, signal?: AbortSignal) {
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (input instanceof Uint8Array) return input;
  const text = String(input);
  if (/^(?:https?|data):/i.test(text)) {
    try {
      const response = await fetch(text, signal === undefined ? {} : { signal });
      if (!response.ok) throw new Error(`the server answers ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      signal?.throwIfAborted();
      throw new DecodeFailure(path, (error as Error).message, error);
    }
  }
  return /^file:/i.test(text) ? fileURLToPath(text) : text;
}

function failure(path: string, error: unknown): DecodeFailure {
  if (error instanceof DecodeFailure) return error;
  const text = (error as Error).message;
  const reason = /missing/i.test(text)
    ? 'no such file'
    : /pixel limit/i.test(text)
      ? 'it has more pixels than maxPixels allows'
      : /unsupported image format/i.test(text)
        ? 'it is no picture of a known format'
        : /premature end|truncat|unexpected end|corrupt|not enough/i.test(text)
          ? `it is truncated or damaged (${text.trim()})`
          : text.trim();
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
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const alpha = data[i * 4 + 3]! / 255;
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = Math.round(alpha * data[i * 4 + c]! + (1 - alpha) * background[c]!);
  }
  return { data: rgb, width, height };
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
