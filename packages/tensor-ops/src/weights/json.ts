/**
 * JSON of weight files: headers and indices. `JSON.parse` makes of one byte an object that takes a hundred, so what it would produce is
 * estimated first, by counting the marks of the text.
 */
import { WeightFormatError } from '../errors';
import { Budget, COST, MAX_KEY_LENGTH, type WeightLimits } from './limits';

export interface JsonOptions {
  /** `the header`, for messages. */
  readonly what: string;
  /** How deep the format nests at most. */
  readonly maxDepth: number;
  readonly limits: Partial<WeightLimits> | undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** @throws WeightFormatError when it is no JSON object, nests deeper than its format, or would take more memory than the limit. */
export function parseJsonObject(
  bytes: Uint8Array,
  path: string,
  { what, maxDepth, limits }: JsonOptions,
): Record<string, unknown> {
  const budget = new Budget(path, limits);
  budget.spend(produced(bytes, path, what, maxDepth));
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WeightFormatError(path, `${what} is not JSON (${(cause as Error).message.slice(0, 200)})`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new WeightFormatError(path, `${what} is not a JSON object`);
  }
  return value as Record<string, unknown>;
}

/** Bytes that the parsed value takes beyond the length of its text. */
function produced(bytes: Uint8Array, path: string, what: string, maxDepth: number): number {
  let total = 0;
  let depth = 0;
  let text = 0;
  for (let i = 0; i < bytes.length; i++) {
    switch (bytes[i]) {
      case QUOTE:
        // Marks within texts do not count.
        text = i;
        for (i++; i < bytes.length && bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++;
        text = i - text;
        total += COST.slot;
        break;
      case 0x7b: // {
      case 0x5b: // [
        if (++depth > maxDepth) {
          throw new WeightFormatError(path, `${what} nests more than ${maxDepth} levels; damaged`);
        }
        total += COST.object;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth--;
        break;
      case 0x3a: // :
        if (text > MAX_KEY_LENGTH)
          throw new WeightFormatError(path, `${what} has a name of ${text} characters; damaged`);
        total += COST.entry;
        break;
      case 0x2c: // ,
        total += COST.slot;
    }
  }
  return total;
}
