import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { zooPage } from '../scripts/zoo-page';

test('the page of checkpoints is that of the code; else `pnpm --filter @icconv/docs zoo`', () => {
  expect(readFileSync(new URL('../zoo.md', import.meta.url), 'utf8')).toBe(zooPage());
});
