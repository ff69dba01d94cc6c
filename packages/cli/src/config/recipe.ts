/** What configuration files of trainings have in common. */

import { dirname, resolve } from 'node:path';
import { isRecord } from '@icconv/base';
import { z } from 'zod';
import { ConfigError } from './read-config';

/** Annotations in COCO's format, and the folder of their pictures. */
export const cocoData = z.strictObject({ annotations: z.string(), images: z.string() });

const fraction = z.number().min(0).max(1);
const range = z.tuple([z.number().positive(), z.number().positive()]);
// Far above anything in use: beyond these limits a value is a slip of the pen.
const side = z
  .int()
  .min(1)
  .max(2 ** 15);
const count = z
  .int()
  .min(1)
  .max(10 ** 9);

/** See `AugmentConfig` of `@icconv/training`. */
const augmentSchema = z.strictObject({
  resize: z
    .union([
      z.strictObject({
        shortest: z.union([side, z.array(side).min(1)]),
        longest: side.optional(),
        rounding: z.enum(['round', 'floor', 'detectron2']).optional(),
      }),
      z.strictObject({
        size: z.tuple([side, side]),
        fit: z.enum(['stretch', 'contain', 'centre', 'cover']).optional(),
      }),
    ])
    .optional(),
  flip: fraction.optional(),
  scaleJitter: range.optional(),
  crop: z.tuple([side, side]).optional(),
  affine: z
    .strictObject({
      rotation: z.number().min(0).max(180).optional(),
      scale: range.optional(),
      translate: fraction.optional(),
      probability: fraction.optional(),
    })
    .optional(),
  colour: z
    .strictObject({
      brightness: fraction.optional(),
      contrast: fraction.optional(),
      saturation: fraction.optional(),
      hue: z.number().min(0).max(0.5).optional(),
      probability: fraction.optional(),
    })
    .optional(),
  mosaic: z.strictObject({ probability: fraction }).optional(),
});

/** Lengths in epochs, see `@icconv/training`. */
const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cosine'), final: z.number().min(0).optional() }),
  z.strictObject({
    kind: z.literal('multiStep'),
    milestones: z.array(z.number().positive()).min(1),
    gamma: z.number().positive().optional(),
  }),
  z.strictObject({ kind: z.literal('constant') }),
]);

/** Settings that every training has. */
export const recipeFields = {
  epochs: count,
  batchSize: z
    .int()
    .min(1)
    .max(2 ** 16),
  learningRate: z.number().positive(),
  schedule: scheduleSchema.optional(),
  warmUpSteps: z
    .int()
    .min(0)
    .max(10 ** 9)
    .optional(),
  weightDecay: z.number().min(0).optional(),
  clipNorm: z.number().positive().optional(),
  accumulate: count.optional(),
  emaDecay: z.number().min(0).lt(1).optional(),
  augment: augmentSchema.optional(),
  evaluateEvery: count.optional(),
  checkpointEvery: count.optional(),
  seed: z.int().min(0).optional(),
} as const;

/** Start: a checkpoint of a whole network, or of a backbone. */
export const weightsSchema = <T extends string>(whole: T) =>
  z
    .strictObject({
      file: z.string(),
      part: z.enum([whole, 'backbone']).default(whole as never),
      /** Python functions and classes that the file need not be refused for: kept closed, never run. */
      opaqueClasses: z.array(z.string()).optional(),
    })
    .optional();

/** A schema whose files may name a preset and give what differs from it. */
export function withPresets<T extends z.ZodType>(presets: Readonly<Record<string, object>>, schema: T) {
  return z.preprocess((value, context) => {
    const name = (value as { preset?: unknown } | null)?.preset;
    if (name === undefined) return value;
    const preset = typeof name === 'string' ? presets[name] : undefined;
    if (preset !== undefined) return underneath(preset, value);
    const known = `expected one of ${Object.keys(presets).join(', ')}`;
    context.issues.push({ code: 'custom', path: ['preset'], message: known, input: name });
    return value;
  }, schema);
}

/** Paths of a configuration file are relative to its folder. */
export const besideConfig = (file: string, path: string): string => resolve(dirname(file), path);

/** Values of a preset under those that are given; lists and scalars are replaced as a whole. */
export function underneath(preset: unknown, given: unknown): unknown {
  if (!isRecord(preset) || !isRecord(given)) return given === undefined ? preset : given;
  const keys = new Set([...Object.keys(preset), ...Object.keys(given)]);
  return Object.fromEntries([...keys].map((key) => [key, underneath(preset[key], given[key])]));
}

/**
 * What a file may change of a network's configuration: any of its values, at any depth; lists are given whole. What the rest of the file
 * says (`model.backbone`, the classes of the data) is left out, so that it is not given twice.
 */
export function changesOf(schema: z.ZodObject, elsewhere: readonly string[]): z.ZodObject {
  const rest = Object.entries(schema.shape).filter(([key]) => !elsewhere.includes(key));
  return z.strictObject(
    Object.fromEntries(
      rest.map(([key, value]) => [key, (value instanceof z.ZodObject ? changesOf(value, []) : value).optional()]),
    ),
  );
}

/**
 * A network's configuration with what a file changes in `model.config`; the backbone is left to the caller, since its pattern is no
 * longer in a file's format.
 *
 * @throws {@link ConfigError} with one line for each value that does not fit.
 */
export function withChanges(file: string, base: object, changes: object, schema: z.ZodType): object {
  const result = schema.safeParse({ ...(underneath(base, changes) as object), backbone: {} });
  if (result.success) return result.data as object;
  const faults = result.error.issues.map(
    ({ path, message }) => `${file}: ${['model.config', ...path].join('.')}: ${message}`,
  );
  throw new ConfigError(faults.join('\n'));
}
