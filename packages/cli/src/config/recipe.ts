/** What configuration files of trainings have in common. */
import { z } from 'zod';

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
