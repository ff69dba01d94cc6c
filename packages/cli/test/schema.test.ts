/** `icconv schema`: what editors are told is what the commands take. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { createProgram } from '../src/program';
import { TASKS } from '../src/tasks';

const KINDS = [...TASKS.map(({ task }) => task.name), 'search'];
const validators: Record<string, ValidateFunction> = {};

beforeAll(async () => {
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  for (const kind of KINDS) {
    await (await createProgram({ signal: new AbortController().signal }, ['schema'])).parseAsync(['schema', kind], {
      from: 'user',
    });
    validators[kind] = new Ajv({ allErrors: true }).compile(JSON.parse(printed.mock.lastCall![0] as string));
  }
  printed.mockRestore();
});

const kindsOf = (config: unknown) => KINDS.filter((kind) => validators[kind]!(config));

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
const examples = readdirSync(EXAMPLES).flatMap((folder) =>
  readdirSync(`${EXAMPLES}${folder}`)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [`${folder}/${name}`, readFileSync(`${EXAMPLES}${folder}/${name}`, 'utf8')] as const)
    // Experiments have files of their own kind, which compare methods.
    .filter(([, text]) => !/^methods:/m.test(text)),
);

/** A mapping at every depth, with a key misspelt in turn. */
function* misspelt(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const { [key]: _, ...rest } = value as Record<string, unknown>;
    yield { ...rest, [`${key}e`]: inner };
    for (const wrong of misspelt(inner)) yield { ...rest, [key]: wrong };
  }
}

describe('examples', () => {
  test('there are some', () => expect(examples.length).toBeGreaterThan(5));

  test.each(examples)('%s is a training, and none with a misspelt key', (_, text) => {
    const config = parse(text);
    // Some say nothing that only one task has.
    expect(kindsOf(config), JSON.stringify(validators.detection!.errors)).not.toEqual([]);
    const wrong = [...misspelt(config)];
    expect(wrong.length).toBeGreaterThan(8);
    for (const one of wrong) expect(kindsOf(one), JSON.stringify(one)).toEqual([]);
  });
});

test('a preset that is none, and what a preset does not say', () => {
  const { model: _, ...config } = { ...parse(examples.find(([name]) => name.startsWith('blood-cells'))![1]) };
  expect(kindsOf({ ...config, preset: 'small' })).toContain('detection');
  expect(kindsOf({ ...config, preset: 'huge' })).toEqual([]);
  expect(kindsOf({ ...config, preset: 'small', output: undefined })).toEqual([]);
  const { preset: __, ...without } = config;
  expect(kindsOf(without)).toEqual([]);
});

test('a search: of a super-network’s file, or of a model’s folder', () => {
  const backbone = { backbone: { depth: 50 }, maxDilation: 4, weights: 'super.safetensors', output: 'found' };
  for (const config of [backbone, { objective: 'output-error', data: { images: 'pictures' } }, {}]) {
    expect(kindsOf(config)).toEqual(['search']);
  }
  expect(kindsOf({ ...backbone, objective: 'best' })).toEqual([]);
});
