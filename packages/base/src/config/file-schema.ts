/** What a configuration file may say, for editors. */
import { z } from 'zod';
import { isRecord } from '../values/is-record';

/** JSON Schema, draft 7: what editors know best. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema of a configuration's file.
 *
 * @param schema - of the configuration, defaults and changes included: the file's side of it is taken.
 * @param presets - a file that names one need not say what the preset says.
 */
export function fileSchema(schema: z.ZodType, presets: Readonly<Record<string, object>> = {}): JsonSchema {
  const { $schema, ...whole } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }) as JsonSchema;
  const names = Object.keys(presets);
  if (names.length === 0) return { $schema, ...whole };
  const { preset: _, ...properties } = whole.properties as Record<string, unknown>;
  const named = names.map((name) => {
    const rest = without({ ...whole, properties }, presets[name]);
    return {
      ...rest,
      properties: { preset: { const: name }, ...(rest.properties as object) },
      required: ['preset', ...(rest.required as string[])],
    };
  });
  return { $schema, anyOf: [...named, { ...whole, properties }] };
}

/** A schema that does not ask for what a preset gives, at any depth. */
function without(schema: JsonSchema, preset: unknown): JsonSchema {
  if (!isRecord(preset)) return schema;
  const branches = (list: unknown) => (list as readonly JsonSchema[]).map((one) => without(one, preset));
  const changed = Object.entries(schema).map(([key, value]) => {
    if (key === 'required') return [key, (value as string[]).filter((name) => !Object.hasOwn(preset, name))];
    if (key === 'anyOf' || key === 'oneOf' || key === 'allOf') return [key, branches(value)];
    if (key !== 'properties') return [key, value];
    const own = Object.entries(value as Record<string, JsonSchema>);
    return [key, Object.fromEntries(own.map(([name, one]) => [name, without(one, preset[name])]))];
  });
  return Object.fromEntries(changed);
}
