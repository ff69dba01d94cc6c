/** What makes a training of a detector repeatable, and how it looks at pictures. */
import { schemaOf } from '@icconv/base';
import { type TaskRecipe, taskRecipeSchema } from '@icconv/task';
import type { AugmentConfig } from '@icconv/training';
import { z } from 'zod';
import type { InputConfig } from '../config/faster-rcnn-config';

/** All that makes a training repeatable; plain data, as it stands in a configuration file. */
export interface DetectionRecipe extends TaskRecipe {
  /** @defaultValue `0.9` */
  readonly momentum?: number;
  /** @defaultValue `1e-4` */
  readonly weightDecay?: number;
  /** Norms and biases decay too. @defaultValue `true`, as in the libraries */
  readonly decayNorms?: boolean;
  /** @defaultValue flip with probability 0.5, resizing as in inference */
  readonly augment?: AugmentConfig;
  /** Batches hold either upright or wide pictures. @defaultValue `true` where sizes are known */
  readonly groupByAspect?: boolean;
}

export const detectionRecipeSchema = schemaOf<DetectionRecipe>()(
  taskRecipeSchema.extend({
    momentum: z.number().min(0).lt(1).exactOptional(),
    decayNorms: z.boolean().exactOptional(),
    groupByAspect: z.boolean().exactOptional(),
  }),
);

/** Resizing as in inference. */
export function inferenceResize({ minSize, maxSize, sizeRounding }: InputConfig): AugmentConfig {
  return { resize: { shortest: minSize, longest: maxSize, rounding: sizeRounding } };
}
