import { runExample } from '@icconv/test-utils';
import { expect, test } from 'vitest';

test('widens, trains, searches, replaces', async (context) => {
  const printed = await runExample(context, new URL('./search.ts', import.meta.url), ['1']);
  const lines = printed.trim().split('\n');
  expect(lines[0]).toMatch(/^super-network [01]\.\d\d$/);
  for (const [i, name] of ['first', 'second'].entries()) {
    const line = lines[i + 1]!;
    expect(line.startsWith(`${name} `)).toBe(true);
    const shares = line.slice(name.length + 1).split(', ');
    expect(shares.map((share) => Number(share.split(' ')[0])).reduce((sum, channels) => sum + channels)).toBe(8);
    for (const share of shares) expect(share).toMatch(/^\d of [123]x[123]$/);
  }
  expect(lines[3]).toMatch(/^searched [01]\.\d\d$/);
});
