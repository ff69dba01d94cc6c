/** Single path one-shot search in a whole network, see ../sampling. */
import type { Dilation } from '@icconv/inception-conv';
import { type ResNetConfig, type StateDict, trainableParts } from '@icconv/models';
import type { Task, TaskModel } from '@icconv/task';
import { isStatisticName, seededRandom } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';
import { drawDilations, tapsOf } from '../sampling';
import type { TrainingBatch } from './batch';
import type { Starved } from './config';
import { asPattern, choicesOf, type SearchedLayer, searchedLayers, stepThrough, withStep } from './searched';

/** Super-kernels with all taps at zero that their channels' dilations do not read, and the masks that made them so. */
function masked(layers: readonly SearchedLayer[], weights: Readonly<StateDict>, dilations: readonly Dilation[]) {
  const { layers: patterns, maxDilation } = asPattern(layers, dilations);
  const masks = layers.map((_, i) => tapsOf(patterns[i]!.dilations, maxDilation));
  const made = Object.fromEntries(layers.map(({ key }, i) => [key, tf.mul(weights[key]!, masks[i]!)]));
  return { made, masks };
}

/** The task in whose steps each batch has a pattern of its own. */
export function sampledTask(task: Task, wide: ResNetConfig): Task {
  const layers = searchedLayers(task, wide);
  return withStep(task, (weights, batch, model, parts) => {
    const { made, masks } = masked(layers, weights, drawDilations(choicesOf(layers), parts.random));
    const result = stepThrough(task, weights, made, [batch, model, parts]);
    const through = layers.map(({ key }, i) => [key, tf.mul(result.gradients[key]!, masks[i]!)] as const);
    return { ...result, gradients: { ...result.gradients, ...Object.fromEntries(through) } };
  });
}

/** Minus the loss of a batch by the super-network under a pattern, its batch norms with the batch's statistics. */
export function fitnessBy(
  task: Task,
  model: TaskModel,
  weights: Readonly<StateDict>,
  batch: TrainingBatch,
  recipe: Starved['recipe'],
): (dilations: readonly Dilation[]) => number {
  const wide = model.config.backbone;
  const layers = searchedLayers(task, wide);
  const parts = trainableParts(wide, task.weights.backbonePrefix, recipe);
  // A step wants something to learn: one small weight at the network's end costs next to nothing.
  const last = Object.keys(weights).findLast((name) => !isStatisticName(name))!;
  return (dilations) =>
    tf.tidy(() => {
      const own = { ...weights, ...masked(layers, weights, dilations).made };
      const random = seededRandom(0, 'fitness');
      const given = { ...parts, trainable: (name: string) => name === last, random, recipe };
      const { losses, statistics = {} } = task.training.step(own, batch, model, given);
      tf.dispose(statistics);
      return -(losses.total ?? Object.values(losses).reduce((sum, loss) => sum + loss, 0));
    });
}
