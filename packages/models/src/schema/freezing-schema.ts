import { schemaOf } from '@icconv/base';
import * as z from 'zod';
import type { FreezingConfig } from '../training/trainable-parts';

/** Of {@link FreezingConfig}, for files. */
export const freezingSchema = schemaOf<FreezingConfig>()(
  z.strictObject({
    freezeAt: z
      .literal([0, 1, 2, 3, 4, 5])
      .meta({ description: 'Parts of the backbone that stay as they are: 0 none, 1 the stem, 5 all.', examples: [2] })
      .exactOptional(),
    norms: z
      .enum(['train', 'synchronised', 'eval', 'frozen'])
      .meta({
        description: 'Batch norms by each batch, by those of all workers, by running statistics, or frozen.',
        examples: ['eval'],
      })
      .exactOptional(),
  }),
);
