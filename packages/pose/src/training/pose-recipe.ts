/** What makes a training of a pose network repeatable, and how it looks at pictures. */

import { schemaOf } from '@icconv/base';
import { type TaskRecipe, taskRecipeSchema } from '@icconv/task';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { AugmentConfig } from '@icconv/training';
import { z } from 'zod';
import { COARSEST_STRIDE, type PoseConfig } from '../config/pose-config';

/** All that makes a training repeatable; plain data, as it stands in a configuration file. Adam, as mmpose trains bottom-up networks. */
export interface PoseRecipe extends TaskRecipe {
  /** @defaultValue `0` */
  readonly weightDecay?: number;
  /** Height and width of the network's input in training. @defaultValue the square of `config.input.size` */
  readonly inputSize?: readonly [height: number, width: number];
  /**
   * Without `resize` a picture's shorter side fills the input, as in inference, and its longer side is cut.
   * @defaultValue mmpose's: rotation up to 30 degrees, scale 2/3 to 4/3, translation, flip with probability 0.5
   */
  readonly augment?: AugmentConfig;
}

export const poseRecipeSchema = schemaOf<PoseRecipe>()(
  taskRecipeSchema.extend({ inputSize: z.tuple([z.int().min(32), z.int().min(32)]).exactOptional() }),
);

/**
 * Source: IC-Conv human_pose/config and mmpose's `BottomUpRandomAffine`, whose scale of 0.75 to 1.5 is of the window cut from the picture and
 * whose translation of 40 is 40 / 200 of a side.
 */
export const DEFAULT_AUGMENT: AugmentConfig = {
  flip: 0.5,
  affine: { rotation: 30, scale: [2 / 3, 4 / 3], translate: 0.2 },
};

/** Height and width of the network's input in training. @throws InvalidArgumentError */
export function inputSizeOf({ inputSize }: PoseRecipe, { input: { size } }: PoseConfig): readonly [number, number] {
  const sides = inputSize ?? ([size, size] as const);
  if (sides.every((side) => side % COARSEST_STRIDE === 0)) return sides;
  throw new InvalidArgumentError('trainPose', 'recipe.inputSize', sides, `multiples of ${COARSEST_STRIDE}`);
}
