import { expect, test } from 'vitest';
import { fileCircles, folderCircles } from './circles';

const imports = (...lines: string[]) =>
  lines.map((line) => {
    const [from, to] = line.split(' -> ').map((path) => `packages/p/src/${path}`);
    return { from: from!, to: to! };
  });

test('a straight line has no circle', () => {
  const straight = imports('a/1.ts -> a/2.ts', 'a/2.ts -> b/1.ts', 'a/1.ts -> b/1.ts', 'index.ts -> a/1.ts');
  expect(fileCircles(straight)).toEqual([]);
  expect(folderCircles(straight)).toEqual([]);
});

test('a circle of files is found with the imports that make it', () => {
  const circle = imports('a/1.ts -> a/2.ts', 'a/2.ts -> a/3.ts', 'a/3.ts -> a/1.ts');
  const found = fileCircles([...circle, ...imports('a/1.ts -> b/1.ts', 'index.ts -> a/2.ts')]);
  expect(found.map((each) => each.imports)).toEqual([circle]);
  expect(found[0]!.nodes).toHaveLength(3);
});

test('folders make a circle where their files make none', () => {
  const lines = imports('a/1.ts -> b/1.ts', 'b/2.ts -> a/2.ts', 'a/2.ts -> c/1.ts');
  expect(fileCircles(lines)).toEqual([]);
  expect(folderCircles(lines).map(({ nodes }) => nodes)).toEqual([['packages/p/src/a', 'packages/p/src/b']]);
});

test('what tests import makes no circle', () => {
  expect(folderCircles(imports('a/1.test.ts -> b/1.ts', 'b/1.ts -> a/1.ts'))).toEqual([]);
});

test('two circles with a node in common are one', () => {
  const lines = imports('1.ts -> 2.ts', '2.ts -> 1.ts', '2.ts -> 3.ts', '3.ts -> 2.ts', '4.ts -> 1.ts');
  expect(fileCircles(lines).map(({ nodes }) => nodes.length)).toEqual([3]);
});
