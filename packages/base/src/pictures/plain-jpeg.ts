/** Which encoded pictures any decoder of JPEG may take. Free of TensorFlow and of sharp. */

import { DecodeFailure } from './decode-failure';
import { nameOf } from './decode-pixels';
import { readEncoded } from './encoded-picture';
import type { DecodeOptions, ImageInput } from './image-input';
import { isPixelData, isSharp, kindOf } from './input-kind';

/**
 * The bytes of a JPEG, of a file or in memory, that lies upright: decoded, it is what `decodeImage` gives. Undefined for all else, also for
 * what cannot be read, which `decodeImage` says the reason of.
 */
export async function plainJpeg(input: ImageInput, options: DecodeOptions): Promise<Uint8Array | undefined> {
  if (isPixelData(input) || isSharp(input)) return undefined;
  const inMemory = input instanceof ArrayBuffer || input instanceof Uint8Array;
  if (!inMemory && kindOf(input) !== 'path') return undefined;
  try {
    const bytes = await readEncoded(input, nameOf(input), options);
    return isUprightJpeg(bytes) ? bytes : undefined;
  } catch (error) {
    if (error instanceof DecodeFailure) return undefined;
    throw error;
  }
}

const START_OF_SCAN = 0xda;
const APP1 = 0xe1;
const EXIF = 'Exif\0\0';

/** Whether the segments before the pixels are well formed and no EXIF among them turns the picture. */
export function isUprightJpeg(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return false;
  for (let at = 2; at + 4 <= view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return false;
    const marker = view.getUint8(at + 1);
    if (marker === START_OF_SCAN) return true;
    const end = at + 2 + view.getUint16(at + 2);
    if (end > view.byteLength) return false;
    if (marker === APP1 && !isUprightExif(new DataView(view.buffer, view.byteOffset + at + 4, end - at - 4)))
      return false;
    at = end;
  }
  return false;
}

const ORIENTATION = 0x0112;
const ENTRY_BYTES = 12;

function isUprightExif(segment: DataView): boolean {
  if (![...EXIF].every((letter, i) => i < segment.byteLength && segment.getUint8(i) === letter.charCodeAt(0)))
    return true;
  try {
    const tiff = new DataView(segment.buffer, segment.byteOffset + EXIF.length, segment.byteLength - EXIF.length);
    const little = tiff.getUint16(0) === 0x4949;
    const directory = tiff.getUint32(4, little);
    for (let i = 0; i < tiff.getUint16(directory, little); i++) {
      const entry = directory + 2 + ENTRY_BYTES * i;
      if (tiff.getUint16(entry, little) === ORIENTATION) return tiff.getUint16(entry + 8, little) === 1;
    }
    return true;
  } catch (error) {
    // Cut off in the middle: for a decoder that knows EXIF.
    if (error instanceof RangeError) return false;
    throw error;
  }
}
