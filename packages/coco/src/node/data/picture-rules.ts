/** How the pictures of a data set are treated. */
import { z } from 'zod';

/** In the part `data` of a configuration. */
export const pictureFields = {
  /** Look at all pictures before the first step: there, readable, of the sizes that the annotation file says. */
  check: z.boolean().exactOptional(),
  /** What happens to pictures that are missing or cannot be read. */
  onUnreadable: z.enum(['stop', 'skip']).exactOptional(),
  /** Take damaged pictures as far as they can be read, the rest grey. */
  tolerateDamage: z.boolean().exactOptional(),
} as const;

export interface PictureRules {
  /** Look at all pictures before the first one is used: there, readable, of the sizes that the annotation file says. */
  readonly check: boolean;
  /** What happens to pictures that are missing or cannot be read. */
  readonly onUnreadable: 'stop' | 'skip';
  /** Take damaged pictures as far as they can be read, the rest grey. */
  readonly tolerateDamage: boolean;
}

export const DEFAULT_PICTURE_RULES: PictureRules = { check: true, onUnreadable: 'stop', tolerateDamage: false };
