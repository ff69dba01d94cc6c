/** What every training recipe has, as plain data for configuration files, and what the loop makes of it. */
import { defined } from '@icconv/base';
import type { AugmentConfig } from '../augment/config';
import type { TrainBatch, TrainOptions } from '../loop/types';
import { ema } from '../optimizers/ema';
import { constant, cosine, multiStep, type Schedule, withWarmUp } from '../schedules/schedules';

/** How the learning rate goes down; lengths in epochs. */
export type ScheduleConfig =
  | { readonly kind: 'cosine'; readonly final?: number }
  | { readonly kind: 'multiStep'; readonly milestones: readonly number[]; readonly gamma?: number }
  | { readonly kind: 'constant' };

export interface TrainingRecipe {
  readonly epochs: number;
  /** Minutes instead of epochs, whose schedule is laid over them. @defaultValue no limit */
  readonly minutes?: number;
  /** Epochs without a better value of the task's metric after which the training ends. @defaultValue it goes on */
  readonly patience?: number;
  /** Pictures a batch. */
  readonly batchSize: number;
  readonly learningRate: number;
  /** @defaultValue cosine */
  readonly schedule?: ScheduleConfig;
  /** Updates in which the learning rate grows to its value. @defaultValue `100` */
  readonly warmUpSteps?: number;
  /** How far an update draws weights towards 0, as the optimizer has it. @defaultValue the task's */
  readonly weightDecay?: number;
  /** Gradients are shortened to this norm. @defaultValue none */
  readonly clipNorm?: number;
  /** Batches whose mean gradient makes one update. @defaultValue `1` */
  readonly accumulate?: number;
  /** Decay of the average of weights that is evaluated and kept. @defaultValue none */
  readonly emaDecay?: number;
  readonly augment?: AugmentConfig;
  /** Epochs between evaluations. @defaultValue `1` */
  readonly evaluateEvery?: number;
  /** Epochs between checkpoints. @defaultValue `1` */
  readonly checkpointEvery?: number;
  /** Of order, augmentation and all other chance. @defaultValue `0` */
  readonly seed?: number;
}

type FromRecipe = Pick<
  TrainOptions<TrainBatch>,
  | 'schedule'
  | 'epochs'
  | 'seconds'
  | 'patience'
  | 'accumulate'
  | 'seed'
  | 'clipNorm'
  | 'ema'
  | 'evaluateEvery'
  | 'checkpointEvery'
>;

/** The loop's options that a recipe decides. The caller disposes `ema`. */
export function recipeOptions(recipe: TrainingRecipe, batchesPerEpoch: number): FromRecipe {
  const { epochs, minutes, accumulate = 1, seed = 0, emaDecay } = recipe;
  const { patience, clipNorm, evaluateEvery, checkpointEvery } = recipe;
  return {
    schedule: scheduleOf(recipe, Math.ceil(batchesPerEpoch / accumulate)),
    epochs,
    accumulate,
    seed,
    ...(emaDecay !== undefined && { ema: ema({ decay: emaDecay }) }),
    ...defined({ seconds: minutes && 60 * minutes, patience, clipNorm, evaluateEvery, checkpointEvery }),
  };
}

function scheduleOf(recipe: TrainingRecipe, stepsPerEpoch: number): Schedule {
  const { learningRate, epochs, schedule = { kind: 'cosine' }, warmUpSteps = 100 } = recipe;
  const steps = (inEpochs: number) => Math.max(1, Math.round(inEpochs * stepsPerEpoch));
  const shape = (): Schedule => {
    switch (schedule.kind) {
      case 'cosine':
        return cosine(learningRate, { steps: steps(epochs), final: schedule.final ?? 0 });
      case 'multiStep':
        return multiStep(learningRate, { milestones: schedule.milestones.map(steps), gamma: schedule.gamma ?? 0.1 });
      case 'constant':
        return constant(learningRate);
    }
  };
  return warmUpSteps === 0 ? shape() : withWarmUp(shape(), { steps: warmUpSteps });
}
