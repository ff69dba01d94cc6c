/** The configuration file of `icconv search`. */

import { OBJECTIVES, type ObjectiveName } from '@icconv/edo';
import { backboneSchema } from '@icconv/models/files';
import { z } from 'zod';
import { pictureFields } from '../data/data-options';

const side = z
  .int()
  .min(1)
  .max(2 ** 13);
const pair = z.tuple([side, side]);

export const searchSchema = z.strictObject({
  /** Heading of the report. */
  title: z.string().optional(),
  /** The trained super-network: safetensors or PyTorch. */
  weights: z.string(),
  /** Python functions and classes that the file need not be refused for: kept closed, never run. */
  opaqueClasses: z.array(z.string()).optional(),
  /** What stands before the backbone's names in it, such as `backbone.body.` in a detector. */
  prefix: z.string().default(''),
  /** The plain network. */
  backbone: backboneSchema.omit({ conv: true }),
  /** The super-kernels' side is 2*maxDilation + 1. */
  maxDilation: z.int().min(1).max(64),
  /** Which convolutions have super-kernels; the second of every block by default. */
  layers: z.array(z.string()).min(1).optional(),
  objective: z.enum(Object.keys(OBJECTIVES) as [ObjectiveName, ...ObjectiveName[]]).default('weight-l1'),
  /** Pictures for the objectives on data, resized as a detector's. */
  data: z
    .strictObject({
      images: z.string(),
      count: side.default(16),
      minSize: side.default(320),
      maxSize: side.default(640),
      onUnreadable: pictureFields.onUnreadable,
      tolerateDamage: pictureFields.tolerateDamage,
    })
    .optional(),
  constraints: z
    .strictObject({
      symmetric: z.boolean().optional(),
      receptiveField: z.union([side, pair]).optional(),
      maxDistinct: side.optional(),
      shares: z
        .array(
          z.strictObject({
            dilation: pair,
            min: z.number().min(0).max(1).optional(),
            max: z.number().min(0).max(1).optional(),
          }),
        )
        .optional(),
      /** Milliseconds for all searched layers together, measured on this machine. */
      latencyMs: z.number().positive().optional(),
    })
    .default({}),
  /** [height, width] that costs are counted and measured for. */
  inputSize: pair.default([320, 320]),
  output: z.string(),
});

export type SearchConfig = z.output<typeof searchSchema>;
