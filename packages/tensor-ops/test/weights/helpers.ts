import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FuzzRandom } from '@icconv/test-utils';
import { afterAll } from 'vitest';

/** A file written by torch; see tooling/reference/make_weights.py. */
export const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

/** A folder for the tests of one file, removed at the end. */
export function temporaryFolder(): { file(name: string): string; list(): string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'icconv-weights-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { file: (name) => join(folder, name), list: () => readdirSync(folder) };
}

/** The error of a promise that must fail. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a failure');
}

/** Pseudo-random numbers in [0, 1), the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  const random = new FuzzRandom(seed);
  return () => random.next();
}
