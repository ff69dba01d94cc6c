/** What a configuration file changes of a configuration that the program made. */
import { z } from 'zod';
import { ConfigError } from './config-error';
import { underneath } from './presets';

/**
 * What a file may change of a configuration: any of its values, at any depth; lists are given whole. What the rest of the file says (the
 * classes of the data, say) is left out, so that it is not given twice.
 */
export function changesOf(schema: z.ZodObject, elsewhere: readonly string[]): z.ZodObject {
  return z.strictObject(
    Object.fromEntries(
      Object.entries(without(schema.shape, elsewhere)).map(([key, value]) => [
        key,
        (value instanceof z.ZodObject ? changesOf(value, []) : value).optional(),
      ]),
    ),
  );
}

function without<T = unknown>(
  record: { readonly [key: string]: T } | object,
  keys: readonly string[],
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}

export interface ChangesPlace {
  readonly file: string;
  /** Where the changes stand in it: `model.config`. */
  readonly place: string;
  /** Keys that {@link changesOf} left out: they stay as they are, unchecked. */
  readonly elsewhere: readonly string[];
}

/**
 * A configuration with what a file changes of it.
 *
 * @param schema - of the whole configuration.
 * @throws {@link ConfigError} with one line for each value that does not fit.
 */
export function withChanges<T extends object>(
  base: T,
  changes: object,
  schema: z.ZodObject,
  { file, place, elsewhere }: ChangesPlace,
): T {
  const changed = underneath(without(base, elsewhere), changes);
  const result = z.strictObject(without(schema.shape, elsewhere)).safeParse(changed);
  if (result.success) return { ...base, ...result.data };
  const faults = result.error.issues.map(({ path, message }) => `${file}: ${[place, ...path].join('.')}: ${message}`);
  throw new ConfigError(faults.join('\n'));
}
