import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError } from './config-error';
import { readConfig } from './read-config';

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
  expect(await read('recipe:\n  epochs: 1\n  ratte: 1\n')).toMatch(/^3: recipe\.ratte: unknown; rate\?$/);
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
  await expect(readConfig(file, schema, ['recipe.epochs=[1'])).rejects.toThrow('--set recipe.epochs=[1: ');
});

test('broken YAML and missing files say so', async () => {
  expect(await read('recipe:\n  epochs: [1\n')).toMatch(/^\d: /);
  await expect(readConfig(join(folder, 'none.yaml'), schema)).rejects.toThrow(/none\.yaml: cannot be read/);
});

test('an unknown key: what was meant, and where it was given', async () => {
  expect(await read('recipe:\n  epoch: 1\n')).toContain('2: recipe.epoch: unknown; epochs?');
  expect(await read('recipe:\n  epochs: 1\nrate: 2\n')).toBe('3: rate: unknown; recipe.rate?');
  expect(await read('recipe:\n  epochs: 1\n  colour: 2\n  sound: 3\n')).toBe(
    '3: recipe.colour: unknown; known are epochs, rate\n4: recipe.sound: unknown; known are epochs, rate',
  );
  const file = join(folder, 's.yaml');
  writeFileSync(file, 'recipe:\n  epochs: 3\n');
  await expect(readConfig(file, schema, ['recipe.epoch=5'])).rejects.toThrow(
    /^--set recipe\.epoch=5: recipe\.epoch: unknown; epochs\?$/,
  );
  await expect(readConfig(file, schema, ['recipe.epochs=many'])).rejects.toThrow(
    /^--set recipe\.epochs=many: .*number/,
  );
});

test('aliases of aliases are refused', async () => {
  const rows = 'abcdefghij'.split('').map((name, i, all) => {
    const list = Array(9).fill(i === 0 ? 'x' : `*${all[i - 1]}`);
    return `${name}: &${name} [${list}]`;
  });
  expect(await read(`${rows.join('\n')}\n`)).toMatch(/its aliases cannot be resolved/);
});

test('a folder, a named pipe and a file of gigabytes are no configuration', async () => {
  await expect(readConfig(folder, schema)).rejects.toThrow('it is a folder, not an ordinary file');
  const large = join(folder, 'large.yaml');
  writeFileSync(large, '');
  truncateSync(large, 2 ** 33);
  await expect(readConfig(large, schema)).rejects.toThrow(/cannot be read: it has 8589934592 bytes/);
});
