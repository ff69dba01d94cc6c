/** Schemas of recipes, for files. */
import { schemaOf } from '@icconv/base';
import { z } from 'zod';
import { augmentSchema } from '../augment/augment-schema';
import type { ScheduleConfig, TrainingRecipe } from './recipe';

// Upper limits are far above anything in use: beyond them a value is a slip of the pen.
const count = z
  .int()
  .min(1)
  .max(10 ** 9);

/** Of {@link ScheduleConfig}; lengths in epochs. */
export const scheduleSchema = schemaOf<ScheduleConfig>()(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('cosine'), final: z.number().min(0).exactOptional() }),
    z.strictObject({
      kind: z.literal('multiStep'),
      milestones: z.array(z.number().positive()).min(1),
      gamma: z.number().positive().exactOptional(),
    }),
    z.strictObject({ kind: z.literal('constant') }),
  ]),
);

/** Of {@link TrainingRecipe}; a task's own settings are added with `extend`. */
export const recipeSchema = schemaOf<TrainingRecipe>()(
  z.strictObject({
    epochs: count,
    minutes: z.number().positive().exactOptional(),
    patience: count.exactOptional(),
    batchSize: z
      .int()
      .min(1)
      .max(2 ** 16),
    learningRate: z.number().positive(),
    schedule: scheduleSchema.exactOptional(),
    warmUpSteps: z
      .int()
      .min(0)
      .max(10 ** 9)
      .exactOptional(),
    weightDecay: z.number().min(0).exactOptional(),
    clipNorm: z.number().positive().exactOptional(),
    accumulate: count.exactOptional(),
    emaDecay: z.number().min(0).lt(1).exactOptional(),
    augment: augmentSchema.exactOptional(),
    evaluateEvery: count.exactOptional(),
    checkpointEvery: count.exactOptional(),
    seed: z.int().min(0).exactOptional(),
  }),
);
