/** What makes a training of a classifier repeatable, and how it looks at pictures. SGD, as torchvision trains them. */
import { schemaOf } from '@icconv/base';
import { type ClassifierInput, type TaskRecipe, taskRecipeSchema } from '@icconv/task';
import type { AugmentConfig } from '@icconv/training';
import { z } from 'zod';

export interface ClassifierRecipe extends TaskRecipe {
  /** @defaultValue `0.9` */
  readonly momentum?: number;
  /** @defaultValue `1e-4` */
  readonly weightDecay?: number;
  /** Share of the target that all classes divide. @defaultValue `0` */
  readonly labelSmoothing?: number;
  /** Without `resize` the shorter side is that of inference; without `crop` a square of its size is cut out anywhere. @defaultValue zoom and flip */
  readonly augment?: AugmentConfig;
}

export const classifierRecipeSchema = schemaOf<ClassifierRecipe>()(
  taskRecipeSchema.extend({
    momentum: z.number().min(0).lt(1).exactOptional(),
    labelSmoothing: z.number().min(0).lt(1).exactOptional(),
  }),
);

/**
 * The scale augmentation that ResNets were published with (He et al., arXiv 1512.03385, section 3.4): a shorter side of 256 to 480 for a cut
 * of 224, anywhere, or its mirror image. torchvision's `RandomResizedCrop` cuts other shares and stretches.
 */
export const augmentOf = ({ size, crop }: ClassifierInput, { augment }: ClassifierRecipe): AugmentConfig => ({
  ...{ resize: { shortest: size }, crop: [crop, crop] },
  ...(augment ?? { scaleJitter: [1, 480 / 256], flip: 0.5 }),
});
