import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSplit } from '@icconv/example-digits';
import { runExample } from '@icconv/test-utils';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'icconv-example-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('prints the metric and the mistakes, and writes the page', async (context) => {
  const annotations = await writeSplit({ folder, split: 'test', count: 4 });
  const model = fileURLToPath(new URL('../../digits/model', import.meta.url));
  const args = [model, annotations, join(folder, 'images'), join(folder, 'report')];
  const printed = await runExample(context, new URL('./evaluate.ts', import.meta.url), args);
  // The trained network of the example finds most.
  expect(Number(/Average Precision .*IoU=0.50 .*= (\d\.\d+)/.exec(printed)![1])).toBeGreaterThan(0.7);
  expect(printed.match(/^\d \d+ -?\d\.\d{3}$/gm)).toHaveLength(10);
  const [, right, missed] = /^(\d+) right, (\d+) missed, \d+ where nothing is$/m.exec(printed)!;
  expect(Number(right)).toBeGreaterThan(Number(missed));
  expect(existsSync(join(folder, 'report', 'report.html'))).toBe(true);
});
