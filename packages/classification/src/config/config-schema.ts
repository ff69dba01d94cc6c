/** Schemas of a classifier's description, for files. */
import { schemaOf } from '@icconv/base';
import { backboneSchema } from '@icconv/models/schema';
import { z } from 'zod';
import type { ClassifierConfig, ClassifierModel } from './classifier-model';

// Far above any classifier in use: beyond it a file is damaged.
const pixels = z
  .int()
  .min(1)
  .max(2 ** 15);
const deviation = z.number().positive();

export const configSchema = schemaOf<ClassifierConfig>()(
  z.strictObject({
    backbone: backboneSchema,
    input: z.strictObject({
      size: pixels,
      crop: pixels,
      mean: z.tuple([z.number(), z.number(), z.number()]),
      deviation: z.tuple([deviation, deviation, deviation]),
    }),
  }),
);

export const modelSchema = schemaOf<ClassifierModel>()(
  z.strictObject({ classes: z.array(z.string()).min(2), config: configSchema }),
);
