import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSplit } from '@icconv/example-digits';
import { runExample } from '@icconv/test-utils';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'icconv-example-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('finds digits, and draws them', async (context) => {
  await writeSplit({ folder, split: 'test', count: 1 });
  const model = fileURLToPath(new URL('../../digits/model', import.meta.url));
  const out = join(folder, 'boxes.png');
  const picture = join(folder, 'images', 'test-000001.png');
  const printed = await runExample(context, new URL('./detect.ts', import.meta.url), [picture, model, out]);
  expect(printed.trim().split('\n').length).toBeGreaterThan(1);
  for (const line of printed.trim().split('\n')) expect(line).toMatch(/^\d [01]\.\d\d -?\d+ -?\d+ \d+ \d+$/);
  expect(existsSync(out)).toBe(true);
});
