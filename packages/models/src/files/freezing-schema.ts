import { schemaOf } from '@icconv/base';
import { z } from 'zod';
import type { FreezingConfig } from '../training/trainable-parts';

/** Of {@link FreezingConfig}, for files. */
export const freezingSchema = schemaOf<FreezingConfig>()(
  z.strictObject({
    freezeAt: z.literal([0, 1, 2, 3, 4, 5]).exactOptional(),
    norms: z.enum(['train', 'synchronised', 'eval', 'frozen']).exactOptional(),
  }),
);
