/** What was meant by a key that a configuration has not. */
import { distance } from 'fastest-levenshtein';
import { z } from 'zod';

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
}

/**
 * The end of a message about an unknown key: `; epochs?` where a key beside it is spelled alike, `; recipe.epochs?` where it stands
 * elsewhere, else what is known at that place.
 */
export function suggestion(schema: z.ZodType, path: readonly PropertyKey[]): string {
  const root = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'output', reused: 'inline' }) as JsonSchema;
  const key = String(path.at(-1));
  const known = [...keysAt(root, path.slice(0, -1))];
  const near = nearest(key, known);
  if (near !== undefined) return `; ${near}?`;
  const elsewhere = allPaths(root).find((place) => spelled(place.split('.').at(-1)!) === spelled(key));
  if (elsewhere !== undefined) return `; ${elsewhere}?`;
  return known.length === 0 ? '' : `; known are ${known.join(', ')}`;
}

function nearest(key: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((name) => ({ name, edits: distance(spelled(name), spelled(key)) }))
    .sort((a, b) => a.edits - b.edits);
  if (best !== undefined && best.edits <= Math.max(1, Math.floor(key.length / 3))) return best.name;
  // `validation` for `val`.
  return known.find((name) => name.length >= 3 && (name.startsWith(key) || key.startsWith(name)));
}

/** `learning_rate`, `learning-rate` and `learningRate` are one. */
const spelled = (name: string): string => name.replaceAll(/[_-]/g, '').toLowerCase();

const branches = (schema: JsonSchema): readonly JsonSchema[] => [
  schema,
  ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap(branches),
];

function keysAt(schema: JsonSchema, path: readonly PropertyKey[]): Set<string> {
  const [head, ...rest] = path;
  const keys = new Set<string>();
  for (const branch of branches(schema)) {
    if (head === undefined) for (const key of Object.keys(branch.properties ?? {})) keys.add(key);
    else {
      const inner = typeof head === 'number' ? branch.items : branch.properties?.[String(head)];
      if (inner !== undefined) for (const key of keysAt(inner, rest)) keys.add(key);
    }
  }
  return keys;
}

function allPaths(schema: JsonSchema, before = ''): string[] {
  return branches(schema).flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([key, inner]) => [before + key, ...allPaths(inner, `${before}${key}.`)]),
  );
}
