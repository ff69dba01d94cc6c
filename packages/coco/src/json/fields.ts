/** Fields told apart by their bytes, and small values. */
import { canonicalId } from '../format/ids';
import type { CocoId } from '../format/types';
import type { JsonScanner } from './scanner';

const encoder = new TextEncoder();

/** Gives a function that tells which of the keys the string last scanned is. */
export function keyMatcher<K extends string>(keys: readonly K[]): (scanner: JsonScanner) => K | undefined {
  const byLength = Array.from({ length: 16 }, (_, n) =>
    keys.filter((key) => key.length === n).map((key) => ({ key, wanted: encoder.encode(key) })),
  );
  return (scanner) => {
    const { bytes, start, stop } = scanner;
    if (scanner.escaped) return keys.find((key) => key === scanner.text());
    const length = stop - start;
    if (length > 15) return undefined;
    const candidates = byLength[length]!;
    for (let i = 0; i < candidates.length; i++) {
      const { key, wanted } = candidates[i]!;
      let j = 0;
      while (j < length && bytes[start + j] === wanted[j]) j++;
      if (j === length) return key;
    }
    return undefined;
  };
}

/** True, and the word consumed, where a value is null. */
export function skipNull(scanner: JsonScanner): boolean {
  if (scanner.peek() !== 110) return false;
  scanner.skip();
  return true;
}

/** Digits of an id; beyond, it is no number of anything. */
const MAX_ID_DIGITS = 100;

/** An integer of any size or a string, in its canonical spelling. */
export function readId(scanner: JsonScanner, key: string): CocoId {
  const { offset } = scanner;
  if (scanner.peek() === 34) {
    scanner.string();
    return canonicalId(scanner.text());
  }
  const from = scanner.pos;
  const id = scanner.number();
  // 7.0 is how pandas writes the integer 7.
  if (Number.isSafeInteger(id)) return id === 0 ? 0 : id;
  const text = scanner.decode(from, scanner.pos);
  // A double would round it to a neighbour, so it goes on as its digits.
  if (/^-?\d+$/.test(text) && text.length <= MAX_ID_DIGITS) return canonicalId(text);
  throw scanner.error(`${key} must be an integer or a string, found ${text}`, offset);
}

/** 0 or 1, from a number or a boolean. */
export function readFlag(scanner: JsonScanner, key: string): number {
  const first = scanner.peek();
  if (first === 116 || first === 102 || first === 110) {
    scanner.skip();
    return first === 116 ? 1 : 0;
  }
  return readFinite(scanner, key) !== 0 ? 1 : 0;
}

export function readFinite(scanner: JsonScanner, key: string): number {
  const { offset } = scanner;
  const value = scanner.number();
  if (!Number.isFinite(value)) throw scanner.error(`${key} must be a finite number, found ${value}`, offset);
  return value;
}

/** A whole number that fits 31 bits. */
export function readCount(scanner: JsonScanner, key: string, unit: string): number {
  const { offset } = scanner;
  const value = scanner.number();
  if (!Number.isInteger(value) || value < 0 || value > MAX_INT32) {
    throw scanner.error(`${key} must be a whole number of ${unit} from 0 to ${MAX_INT32}, found ${value}`, offset);
  }
  return value;
}

export const MAX_INT32 = 2147483647;
