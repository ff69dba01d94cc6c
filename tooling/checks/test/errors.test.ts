/** docs/errors.md names every code that the packages have, with its class and package, and no other; every class states its kind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readErrorClasses, readErrorCodes } from '../src/errors/read-errors';
import { ROOT } from '../src/imports/read-imports';

/** Rows of the page's tables that begin with a code, cell by cell. */
const rows = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `ICCONV_'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const plain = (cell: string | undefined) => cell?.replaceAll('`', '');

test('the page has the codes of the sources', () => {
  const written = rows.map(([code, owner, name]) => `${plain(code)} of ${plain(owner)} in ${plain(name)}`);
  const stated = readErrorCodes().map(({ code, owner, package: name }) => `${code} of ${owner} in ${name}`);
  expect(written.sort()).toEqual(stated.sort());
});

test('each says what it means and what helps', () => {
  expect(rows.filter((cells) => cells.length !== 5 || cells.some((cell) => cell === ''))).toEqual([]);
});

test('the codes of the page are in order', () => {
  const codes = rows.filter(([, owner]) => owner !== 'warning').map(([code]) => plain(code));
  expect(codes).toEqual([...codes].sort());
});

test('every class states its own name as its kind', () => {
  const classes = readErrorClasses();
  expect(classes.map(({ name }) => name)).toContain('ShapeMismatchError');
  expect(classes.filter(({ name, kind }) => kind !== name)).toEqual([]);
});

test('no two classes have one kind', () => {
  const names = readErrorClasses().map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});
