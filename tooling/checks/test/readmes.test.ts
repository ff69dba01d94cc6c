/** Examples in Markdown compile against the sources, and are run: those of a package by a test of the package. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../src/imports/read-imports';
import { type Document, typeErrors } from '../src/readmes/type-check';

const packages = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}`);
const documents: Document[] = [
  { folder: 'docs', file: 'README.md' },
  ...packages.map((folder) => ({ folder, file: `${folder}/README.md` })),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => ({ folder: 'docs', file: `docs/${name}` })),
].filter(({ file }) => readFileSync(join(ROOT, file), 'utf8').includes('\n```ts\n'));

test('examples compile', { timeout: 180_000 }, () => {
  expect(documents.length).toBeGreaterThan(packages.length / 2);
  expect(typeErrors(documents)).toEqual([]);
});

test('every document with examples is run', () => {
  const runners = ['docs/test/pages.test.ts', ...packages.map((folder) => `${folder}/test/readme.test.ts`)];
  const texts = new Map(
    runners
      .filter((file) => existsSync(join(ROOT, file)))
      .map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
  );
  const without = documents.filter(({ folder, file }) =>
    file.startsWith('packages/')
      ? !texts.has(`${folder}/test/readme.test.ts`)
      : ![...texts.values()].some((text) => text.includes(`${file}'`)),
  );
  expect(without).toEqual([]);
});
