import { expect, test } from 'vitest';
import { z } from 'zod';
import { fileSchema } from './file-schema';
import { withPresets } from './presets';

const schema = z.strictObject({
  preset: z.string().optional(),
  recipe: z.strictObject({ epochs: z.int(), rate: z.number(), flip: z.number().default(0) }),
  output: z.string(),
});

test('what has a default need not be said', () => {
  const { required, properties } = fileSchema(schema) as { required: string[]; properties: { recipe: object } };
  expect(required).toEqual(['recipe', 'output']);
  expect(properties.recipe).toMatchObject({ required: ['epochs', 'rate'], additionalProperties: false });
});

test('with a preset, nor what the preset says; without one, all', () => {
  const presets = { short: { recipe: { epochs: 2 } } };
  const { anyOf } = fileSchema(withPresets(presets, schema), presets) as { anyOf: [object, object] };
  expect(anyOf).toHaveLength(2);
  expect(anyOf[0]).toMatchObject({
    required: ['preset', 'output'],
    properties: { preset: { const: 'short' }, recipe: { required: ['rate'] } },
  });
  expect(anyOf[1]).toMatchObject({
    required: ['recipe', 'output'],
    properties: { recipe: { required: ['epochs', 'rate'] } },
  });
  expect((anyOf[1] as { properties: object }).properties).not.toHaveProperty('preset');
});
