/** Names that documents put between backticks are there: of the code, of entries of packages, of files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../src/imports/read-imports';

/** Other programs' names that no file of ours has. */
const FOREIGN = ['_convolution_pointwise', 'maskz', 'onlyBuiltDependencies', 'dependenciesMeta', 'bundledDependencies'];

/** What git has not, histories that name what was, and this list. */
const LEFT_OUT = new Set([
  'node_modules',
  'dist',
  'out',
  '.git',
  '.venv',
  '.turbo',
  '.temp',
  'CHANGELOG.md',
  'names-in-documents.test.ts',
]);

/** Paths in the repository of its files with these endings. */
function files(endings: RegExp, folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (LEFT_OUT.has(entry.name) || entry.isSymbolicLink()) return [];
    if (entry.isDirectory()) return files(endings, path);
    return endings.test(entry.name) ? [path] : [];
  });
}
const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const words = new Set(files(/\.(m?ts|mjs|cc|h|py)$/).flatMap((file) => text(file).match(/[A-Za-z_]\w*/g) ?? []));

test('what documents name is there', () => {
  const missing = files(/\.md$/).flatMap((document) => {
    const prose = text(document).replaceAll(/^```[\s\S]*?^```/gm, '');
    const names = new Set([...prose.matchAll(/`([^`\n]+)`/g)].map(([, name]) => name!));
    return [...names].filter((name) => !isThere(name)).map((name) => `${document}: ${name}`);
  });
  expect(missing).toEqual([]);
});

/** Of what is no name nothing is said. */
function isThere(name: string): boolean {
  const [word] = /^[A-Za-z_]\w*(?=$|\(\)$)/.exec(name) ?? [];
  if (word !== undefined) return words.has(word) || FOREIGN.includes(word);
  if (/^(packages|examples|tooling|docs)\/[\w./-]+$/.test(name)) return existsSync(join(ROOT, name));
  const [, own, entry] = /^@icconv\/([\w-]+)((?:\/[\w-]+)*)$/.exec(name) ?? [];
  if (own === undefined || existsSync(join(ROOT, 'examples', own.replace(/^example-/, '')))) return true;
  const manifest = `packages/${own}/package.json`;
  if (!existsSync(join(ROOT, manifest))) return false;
  // Packages of one platform are installed, not imported.
  const { exports, os } = JSON.parse(text(manifest));
  return `.${entry}` in exports || (os !== undefined && entry === '');
}
