/** A configuration file to begin with: what is chosen, and what else could be said, as comments. */
import { isRecord } from '@icconv/base';
import type { JsonSchema } from '@icconv/base/config';
import { stringify } from 'yaml';

/** Columns; a mapping that is longer stands on lines of its own. */
const WIDTH = 110;

/**
 * @param schema - of the file's side of the configuration; its descriptions become comments, its examples values that are commented out.
 * @param values - what is chosen.
 * @param head - lines of a comment at the beginning.
 * @param whole - also what has neither value nor example, as comments.
 */
export function starterFile(schema: JsonSchema, values: object, head: readonly string[], whole = false): string {
  // A name of the data may have line breaks, after which it would be no comment.
  const own = { indent: '', whole };
  return `${head.map((line) => `# ${line.replaceAll(/[\r\n]+/g, ' ')}`).join('\n')}\n\n${mapping(schema, values, own)}`;
}

interface Layout {
  readonly indent: string;
  readonly whole: boolean;
}

function mapping(schema: JsonSchema, values: object, layout: Layout): string {
  const { indent, whole } = layout;
  const known = isRecord(schema.properties) ? schema.properties : {};
  const own = values as Readonly<Record<string, unknown>>;
  const keys = [...new Set([...Object.keys(known), ...Object.keys(own)])];
  const parts = keys.flatMap((key) => {
    const described = (known[key] ?? {}) as JsonSchema;
    const { description, examples } = described;
    const comment = typeof description === 'string' ? [`${indent}# ${description}`] : [];
    if (own[key] !== undefined) return [[...comment, entry(key, own[key], described, layout)].join('\n')];
    // What has no example is for those who look it up.
    if (!Array.isArray(examples)) return whole ? [[...comment, `${indent}# ${key}:`].join('\n')] : [];
    return [[...comment, `${indent}# ${key}: ${flow(examples[0])}`].join('\n')];
  });
  return `${parts.join(indent === '' ? '\n\n' : '\n')}\n`;
}

function entry(key: string, value: unknown, schema: JsonSchema, { indent, whole }: Layout): string {
  const line = `${indent}${key}: ${flow(value)}`;
  const described = Object.values((schema.properties ?? {}) as Record<string, JsonSchema>);
  const inner = described.some(({ description }) => description !== undefined);
  if (!isRecord(value) || (!inner && line.length <= WIDTH)) return line;
  return `${indent}${key}:\n${mapping(schema, value, { indent: `${indent}  `, whole }).trimEnd()}`;
}

const flow = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trimEnd();
