import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, readConfig } from './read-config';

const folder = mkdtempSync(join(tmpdir(), 'icconv-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const schema = z.strictObject({ recipe: z.strictObject({ epochs: z.int().min(1), rate: z.number().default(0.1) }) });

async function read(text: string) {
  const file = join(folder, 'c.yaml');
  writeFileSync(file, text);
  const problem = (error: Error) => {
    expect(error).toBeInstanceOf(ConfigError);
    return error.message.replaceAll(`${file}:`, '');
  };
  return readConfig(file, schema).catch(problem);
}

test('YAML and JSON are read, and what is left out takes its default', async () => {
  expect(await read('recipe:\n  epochs: 3\n')).toEqual({ recipe: { epochs: 3, rate: 0.1 } });
  expect(await read('{"recipe": {"epochs": 3, "rate": 1}}')).toEqual({ recipe: { epochs: 3, rate: 1 } });
});

test('each problem has its line and its place', async () => {
  expect(await read('recipe:\n  # comment\n  epochs: many\n  rate: 1\n')).toMatch(
    /^3: recipe\.epochs: .*expected number/,
  );
  expect(await read('recipe:\n  epochs: 1\n  ratte: 1\n')).toMatch(/^3: recipe\.ratte: unknown/);
  expect(await read('recipe:\n  rate: 1\n')).toMatch(/^2: recipe\.epochs: /);
  expect(await read('')).toMatch(/^1: recipe: /);
  expect((await read('recipe:\n  epochs: 0\n  rate: x\n')) as string).toMatch(/^2: .*\n3: /);
});

test('values are overridden', async () => {
  const file = join(folder, 'o.yaml');
  writeFileSync(file, 'recipe:\n  epochs: 3\n');
  expect(await readConfig(file, schema, ['recipe.epochs=5', 'recipe.rate=2'])).toEqual({
    recipe: { epochs: 5, rate: 2 },
  });
  await expect(readConfig(file, schema, ['epochs'])).rejects.toThrow('--set epochs');
});

test('broken YAML and missing files say so', async () => {
  expect(await read('recipe:\n  epochs: [1\n')).toMatch(/^\d: /);
  await expect(readConfig(join(folder, 'none.yaml'), schema)).rejects.toThrow(/none\.yaml: cannot be read/);
});
