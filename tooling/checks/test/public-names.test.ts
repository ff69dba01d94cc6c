import { expect, test } from 'vitest';
import { type Collision, collisions } from '../src/exports/public-names';

/** What a package has for Node and for browsers goes by one name: nobody imports both. */
const forBoth = ({ meanings }: Collision) => {
  const [node, web, ...more] = meanings.map((meaning) => meaning.split(' ')[0]!).sort();
  return more.length === 0 && node!.endsWith('/node') && web === node!.replace(/node$/, 'web');
};

test('a name means the same in every entry of ours: users import from several', () => {
  expect(collisions().filter((collision) => !forBoth(collision))).toEqual([]);
}, 120_000);
