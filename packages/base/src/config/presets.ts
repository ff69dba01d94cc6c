/** Configurations under a name, and what differs from them. */
import { z } from 'zod';
import { isRecord } from '../values/is-record';

/** A schema whose files may name a preset and give what differs from it. */
export function withPresets<T extends z.ZodType>(presets: Readonly<Record<string, object>>, schema: T) {
  return z.preprocess((value, context) => {
    const name = (value as { preset?: unknown } | null)?.preset;
    if (name === undefined) return value;
    const preset = typeof name === 'string' && Object.hasOwn(presets, name) ? presets[name] : undefined;
    if (preset !== undefined) return underneath(preset, value);
    const known = `expected one of ${Object.keys(presets).join(', ')}`;
    context.issues.push({ code: 'custom', path: ['preset'], message: known, input: name });
    return value;
  }, schema);
}

/** Values of a preset under those that are given; lists and scalars are replaced as a whole. */
export function underneath(preset: unknown, given: unknown): unknown {
  if (!isRecord(preset) || !isRecord(given)) return given === undefined ? preset : given;
  const keys = new Set([...Object.keys(preset), ...Object.keys(given)]);
  return Object.fromEntries([...keys].map((key) => [key, underneath(preset[key], given[key])]));
}
