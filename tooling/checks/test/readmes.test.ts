/** Examples in Markdown compile against the sources, and those of packages are run by a test of the package. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../src/imports/read-imports';
import { type Document, typeErrors } from '../src/readmes/type-check';

const packages = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}`);
const documents: Document[] = [
  { folder: 'packages/cli', file: 'README.md' },
  ...packages.map((folder) => ({ folder, file: `${folder}/README.md` })),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => ({ folder: 'packages/cli', file: `docs/${name}` })),
].filter(({ file }) => readFileSync(join(ROOT, file), 'utf8').includes('\n```ts\n'));

test('examples compile', { timeout: 180_000 }, () => {
  expect(documents.length).toBeGreaterThan(packages.length / 2);
  expect(typeErrors(documents)).toEqual([]);
});

test('every package with examples runs them', () => {
  const withExamples = documents.map(({ file, folder }) => (file.startsWith(folder) ? folder : undefined));
  const without = withExamples.filter((folder) => folder && !existsSync(join(ROOT, folder, 'test/readme.test.ts')));
  expect(without).toEqual([]);
});
