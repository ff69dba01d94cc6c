/** Rows by name, and by the file. */
import { basename } from 'node:path';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { distance } from 'fastest-levenshtein';
import type { ZooRow } from '../contract/zoo-row';

/**
 * A checkpoint by its name.
 *
 * @param noun - what it is to be: `detector`.
 * @throws InvalidArgumentError for a name that is not there, with the nearest ones.
 */
export function findRow<R extends ZooRow>(rows: readonly R[], name: string, noun: string): R {
  const found = rows.find((row) => row.name === name);
  if (found !== undefined) return found;
  const near = rows
    .map((row) => ({ name: row.name, edits: distance(row.name, name) }))
    .sort((a, b) => a.edits - b.edits)
    .filter(({ edits }, i) => i < NEAR || edits <= name.length / 3);
  const list = near.map((row) => row.name).join(', ');
  throw new InvalidArgumentError('model', 'name', name, `a ${noun}'s folder, or one of the zoo's, such as ${list}`);
}

const NEAR = 3;

/** The row that a file on the disk is of, by the name that its publisher gave it. */
export function rowOfFile<R extends ZooRow>(rows: readonly R[], path: string): R | undefined {
  return rows.find(({ file }) => 'url' in file && fileName(file.url) === basename(path));
}

export const fileName = (url: string): string => decodeURIComponent(new URL(url).pathname.split('/').at(-1)!);
