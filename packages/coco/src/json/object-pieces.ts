/** Parsed values and objects made by programs, as the JSON text that the scanner reads. */
import { CocoFormatError } from '../errors';

/** A value as JSON text in pieces, some records each: the whole may exceed the longest string. */
export function* objectPieces(value: object, source: string): Generator<string> {
  if (Array.isArray(value)) {
    yield* listPieces(value, source);
    return;
  }
  yield '{';
  let separator = '';
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue;
    yield `${separator}${JSON.stringify(key)}:`;
    separator = ',';
    if (Array.isArray(field)) yield* listPieces(field, source);
    else yield stringify(field, source);
  }
  yield '}';
}

function* listPieces(list: readonly unknown[], source: string): Generator<string> {
  yield '[';
  for (let i = 0; i < list.length; i += 256) {
    const texts = list.slice(i, i + 256).map((element, j) => {
      checkRecord(element, i + j + 1, source);
      return stringify(element, source);
    });
    yield (i === 0 ? '' : ',') + texts.join(',');
  }
  yield ']';
}

const ID_FIELDS = ['id', 'image_id', 'category_id'] as const;
const NUMBER_FIELDS = ['score', 'area', 'num_keypoints', 'iscrowd', 'ignore'] as const;

/** What text cannot show: JSON.stringify writes NaN as null, and a rounded id like an exact one. */
function checkRecord(element: unknown, place: number, source: string): void {
  if (element === null || typeof element !== 'object') return;
  const record = element as Readonly<Record<string, unknown>>;
  for (const key of ID_FIELDS) {
    const id = record[key];
    if (typeof id !== 'number' || Number.isSafeInteger(id)) continue;
    const problem = `${key} must be an integer up to 2^53 - 1, a bigint or a string (a number beyond is rounded)`;
    throw new CocoFormatError(source, `${problem}, found ${id} (record ${place})`);
  }
  for (const key of NUMBER_FIELDS) {
    const value = record[key];
    if (typeof value !== 'number' || Number.isFinite(value)) continue;
    throw new CocoFormatError(source, `${key} must be a finite number, found ${value} (record ${place})`);
  }
}

/** As JSON.stringify, with typed arrays as lists and integers of any size. */
function stringify(value: unknown, source: string): string {
  try {
    return JSON.stringify(value, replace) ?? 'null';
  } catch (cause) {
    // Objects that contain themselves, or one another too deeply.
    throw new CocoFormatError(source, `cannot be written as JSON: ${(cause as Error).message}`);
  }
}

function replace(_key: string, value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array);
  // The digits are the same id.
  if (typeof value === 'bigint') return value.toString();
  return value;
}
