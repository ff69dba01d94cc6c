import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSplit } from '@icconv/example-digits';
import { runExample } from '@icconv/test-utils';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'icconv-example-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('trains, evaluates, opens what it left, and goes on where it ended', async (context) => {
  const train = await writeSplit({ folder, split: 'train', count: 4 });
  const val = await writeSplit({ folder, split: 'test', count: 2 });
  const args = [train, val, join(folder, 'images'), join(folder, 'run'), '1'];
  const script = new URL('./train.ts', import.meta.url);
  const printed = await runExample(context, script, args);
  expect(printed).toMatch(/^finished 1\nAP -?\d\.\d{3}, AP50 -?\d\.\d{3}\n0 1 2 3 4 5 6 7 8 9\n$/);
  for (const file of ['model.json', 'best.safetensors']) expect(existsSync(join(folder, 'run', file))).toBe(true);
  const results = readFileSync(join(folder, 'run', 'results.csv'), 'utf8');
  expect(await runExample(context, script, args)).toBe(printed);
  expect(readFileSync(join(folder, 'run', 'results.csv'), 'utf8')).toBe(results);
}, 120_000);
