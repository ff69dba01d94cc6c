/** What kind of picture an input is, and whether it is taken. */
import type { Sharp } from 'sharp';
import { DecodeFailure } from './decode-failure';
import type { ImageInput, InputKind, PixelData } from './image-input';

export const isSharp = (input: unknown): input is Sharp =>
  typeof input === 'object' && input !== null && typeof (input as Partial<Sharp>).toColourspace === 'function';

export function isPixelData(input: ImageInput): input is PixelData {
  return typeof input === 'object' && input !== null && 'data' in input && 'width' in input && !isSharp(input);
}

/** The one place that tells addresses from paths. @returns undefined for what is no picture at all. */
export function kindOf(input: ImageInput): InputKind | undefined {
  if (typeof input === 'string' || input instanceof URL) {
    const [, protocol] = /^(https?|data):/i.exec(String(input)) ?? [];
    return protocol === undefined ? 'path' : protocol.toLowerCase() === 'data' ? 'data' : 'url';
  }
  if (isSharp(input)) return 'sharp';
  if (isPixelData(input)) return 'pixels';
  return input instanceof Uint8Array || input instanceof ArrayBuffer ? 'bytes' : undefined;
}

const WORDS: Readonly<Record<InputKind, string>> = {
  path: 'paths of files',
  url: 'addresses',
  data: 'data addresses',
  bytes: 'encoded bytes',
  pixels: 'pixels',
  sharp: 'sharp pipelines',
};

/** @throws {@link DecodeFailure} */
export function checkKind(input: ImageInput, path: string, accept: readonly InputKind[] | undefined): void {
  const kind = kindOf(input);
  if (kind === undefined) {
    const received = input === null ? 'null' : typeof input;
    throw new DecodeFailure(path, `it is no picture but ${received}; expected a path, an address, bytes or pixels`);
  }
  if (accept === undefined || accept.includes(kind)) return;
  const taken = accept.map((one) => WORDS[one]).join(', ') || 'nothing';
  throw new DecodeFailure(path, `${WORDS[kind]} are not taken here, only ${taken}`);
}
