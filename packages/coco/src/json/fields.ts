/** The fields that COCO's records have, told apart by their bytes, and small values. */
import { canonicalId } from '../data/ids';
import type { CocoId } from '../data/types';
import { CocoFormatError } from '../errors';
import type { JsonScanner } from './scanner';

const encoder = new TextEncoder();
const KEYS = [
  'id',
  'bbox',
  'area',
  'score',
  'ignore',
  'iscrowd',
  'image_id',
  'keypoints',
  'category_id',
  'segmentation',
  'num_keypoints',
] as const;
export type Key = (typeof KEYS)[number];
const KEY_BYTES = new Map<Key, Uint8Array>(KEYS.map((key) => [key, encoder.encode(key)]));
const BY_LENGTH: (readonly { readonly key: Key; readonly bytes: Uint8Array }[])[] = Array.from({ length: 16 }, (_, n) =>
  KEYS.filter((key) => key.length === n).map((key) => ({ key, bytes: KEY_BYTES.get(key)! })),
);

/** The known key that stands between two positions. */
export function matchKey(bytes: Uint8Array, start: number, stop: number): Key | undefined {
  const length = stop - start;
  if (length > 15) return undefined;
  const candidates = BY_LENGTH[length]!;
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[i]!;
    const wanted = candidate.bytes;
    let j = 0;
    while (j < length && bytes[start + j] === wanted[j]) j++;
    if (j === length) return candidate.key;
  }
  return undefined;
}

/** True, and the word consumed, where a value is null. */
export function skipNull(scanner: JsonScanner): boolean {
  if (scanner.peek() !== 110) return false;
  scanner.skip();
  return true;
}

/** A number, or a string in its canonical spelling. */
export function readId(scanner: JsonScanner, key: string): CocoId {
  const { offset } = scanner;
  if (scanner.peek() === 34) {
    scanner.string();
    return canonicalId(scanner.text());
  }
  const id = scanner.number();
  if (!Number.isFinite(id)) throw new CocoFormatError(scanner.source, `${key} must be a number or a string`, offset);
  return id;
}

/** 0 or 1, from a number or a boolean. */
export function readFlag(scanner: JsonScanner): number {
  const first = scanner.peek();
  if (first === 116 || first === 102 || first === 110) {
    scanner.skip();
    return first === 116 ? 1 : 0;
  }
  return scanner.number() !== 0 ? 1 : 0;
}
