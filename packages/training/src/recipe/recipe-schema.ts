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

/** Of {@link TrainingRecipe}; a task's own settings are added with `extend`. What it says of each key, editors and `icconv init` show. */
export const recipeSchema = schemaOf<TrainingRecipe>()(
  z.strictObject({
    epochs: count.meta({ description: 'How often all pictures are learned from.' }),
    minutes: z
      .number()
      .positive()
      .meta({ description: 'Minutes instead of epochs, whose schedule is laid over them.', examples: [20] })
      .exactOptional(),
    patience: count
      .meta({ description: 'Epochs without a better value of the metric after which it ends.', examples: [10] })
      .exactOptional(),
    batchSize: z
      .int()
      .min(1)
      .max(2 ** 16)
      .meta({ description: 'Pictures a batch.' }),
    learningRate: z
      .number()
      .positive()
      .meta({ description: 'At its highest; half as many pictures a batch go with about half of it.' }),
    schedule: scheduleSchema
      .meta({ description: 'How the learning rate goes down, lengths in epochs.', examples: [{ kind: 'cosine' }] })
      .exactOptional(),
    warmUpSteps: z
      .int()
      .min(0)
      .max(10 ** 9)
      .meta({ description: 'Updates in which the learning rate grows to its value.', examples: [100] })
      .exactOptional(),
    weightDecay: z
      .number()
      .min(0)
      .meta({ description: 'How far an update draws weights towards 0.', examples: [1e-4] })
      .exactOptional(),
    clipNorm: z
      .number()
      .positive()
      .meta({ description: 'Gradients are shortened to this norm.', examples: [10] })
      .exactOptional(),
    accumulate: count
      .meta({ description: 'Batches whose mean gradient makes one update.', examples: [4] })
      .exactOptional(),
    emaDecay: z
      .number()
      .min(0)
      .lt(1)
      .meta({ description: 'Decay of the average of weights that is evaluated and kept.', examples: [0.999] })
      .exactOptional(),
    augment: augmentSchema
      .meta({ description: 'How pictures are changed at random: flip, scaleJitter, crop, affine, colour, mosaic.' })
      .exactOptional(),
    evaluateEvery: count.meta({ description: 'Epochs between evaluations.', examples: [1] }).exactOptional(),
    checkpointEvery: count.meta({ description: 'Epochs between checkpoints.', examples: [1] }).exactOptional(),
    seed: z
      .int()
      .min(0)
      .meta({ description: 'Of order, augmentation and all other chance.', examples: [0] })
      .exactOptional(),
  }),
);
