/** Packages, folders and files import in one direction. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Circle, fileCircles, folderCircles } from '../src/imports/circles';
import { type Import, isTest, ROOT, readImports } from '../src/imports/read-imports';

/** A package imports from the rows above its own. */
const ORDER = [
  ['base', 'native-linux-x64', 'native-linux-arm64'],
  ['tensor-ops'],
  ['inception-conv'],
  ['models'],
  ['edo', 'training', 'coco'],
  ['task'],
  ['detection', 'pose', 'classification', 'server'],
  ['cli'],
];

/** Imports that close a circle today. The list only shrinks: one that closes none any more must go. */
const CIRCLES_TODAY: readonly string[] = [];

/** Imports by path into another package's sources today; the list only shrinks. */
const REACHING_INSIDE_TODAY = [
  'packages/inception-conv/bench/gradient.ts -> packages/tensor-ops/src/kernel/native-backend.ts',
];

const packages = readdirSync(join(ROOT, 'packages'));
const sources = packages.flatMap((name) => readImports(`packages/${name}/src`));
const all = [
  ...sources,
  ...packages.flatMap((name) =>
    ['test', 'bench', 'scripts'].flatMap((part) => readImports(`packages/${name}/${part}`)),
  ),
];
const packageOf = (path: string) => /^(?:packages|@icconv)\/([^/]+)/.exec(path)?.[1];
const rowOf = (name: string | undefined) => ORDER.findIndex((row) => row.includes(name ?? ''));
const print = ({ from, to }: Import) => `${from} -> ${to}`;
const printCircles = (circles: readonly Circle[]) => circles.map(({ imports }) => imports.map(print));

test('every package has its place in the order', () => {
  expect(packages.filter((name) => rowOf(name) < 0)).toEqual([]);
});

test('packages import from those above them alone', () => {
  const wrong = all.filter(({ from, to }) => {
    const [own, other] = [packageOf(from), packageOf(to)];
    return other !== own && rowOf(other) >= 0 && rowOf(other) >= rowOf(own);
  });
  expect(wrong.map(print)).toEqual([]);
});

test('what is published imports no tools of the tests', () => {
  const wrong = sources.filter(({ from, to }) => !isTest(from) && /^(@icconv\/test-utils|tooling|vitest)/.test(to));
  expect(wrong.map(print)).toEqual([]);
});

test('paths lead out of a package from benchmark to benchmark alone', () => {
  const wrong = all.filter(({ from, to }) => {
    const own = `packages/${packageOf(from)}/`;
    const inRepository = /^(packages|tooling|examples)\//.test(to);
    const between = from.startsWith(`${own}bench/`) && /^(tooling|packages\/[^/]+)\/bench\//.test(to);
    return inRepository && !to.startsWith(own) && !between;
  });
  expect(wrong.map(print)).toEqual(REACHING_INSIDE_TODAY);
});

describe('circles', () => {
  const without = sources.filter((each) => !CIRCLES_TODAY.includes(print(each)));

  test('there are none between files', () => {
    expect(printCircles(fileCircles(without))).toEqual([]);
  });

  test("there are none between the folders of a package's src", () => {
    expect(printCircles(folderCircles(without))).toEqual([]);
  });

  test.each(CIRCLES_TODAY)('%s still closes one', (exception) => {
    const closing = sources.filter((each) => print(each) === exception);
    const imports = [...without, ...closing];
    expect(fileCircles(imports).length + folderCircles(imports).length, 'take it off the list').toBeGreaterThan(0);
  });
});
