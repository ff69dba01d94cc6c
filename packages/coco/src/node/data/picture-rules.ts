/** How the pictures of a data set are treated. */
import { schemaOf } from '@icconv/base';
import { z } from 'zod';

export interface PictureRules {
  /** Look at all pictures before the first one is used: there, readable, of the sizes that the annotation file says. */
  readonly check: boolean;
  /** What happens to pictures that are missing or cannot be read. */
  readonly onUnreadable: 'stop' | 'skip';
  /** Take damaged pictures as far as they can be read, the rest grey. */
  readonly tolerateDamage: boolean;
}

export const DEFAULT_PICTURE_RULES: PictureRules = { check: true, onUnreadable: 'stop', tolerateDamage: false };

/** In the part `data` of a configuration. */
export const pictureFields = schemaOf<Partial<PictureRules>>()(
  z.strictObject({
    check: z
      .boolean()
      .meta({ description: 'Look at all pictures before the first step.', examples: [true] })
      .exactOptional(),
    onUnreadable: z
      .enum(['stop', 'skip'])
      .meta({ description: 'Pictures that are missing or broken: stop, or skip.', examples: ['stop'] })
      .exactOptional(),
    tolerateDamage: z
      .boolean()
      .meta({ description: 'Take damaged pictures as far as they can be read.', examples: [false] })
      .exactOptional(),
  }),
).shape;
