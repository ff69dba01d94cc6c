/** A batch of training pictures, and the memory that a step with it takes. */
import type { CocoData } from '@icconv/coco/node';
import { type StateDict, trainableParts } from '@icconv/models';
import { bindData, type Task, type TaskModel, type TaskTypes } from '@icconv/task';
import { seededRandom } from '@icconv/training';
import { type Batch, createLoader } from '@icconv/training/node';
import * as tf from '@tensorflow/tfjs-core';
import type { Starved } from './config';

export type TrainingBatch = Batch<TaskTypes['sample']>;

/** The first batch of a training by the recipe; the caller disposes it. */
export async function trainingBatch(
  task: Task,
  model: TaskModel,
  data: CocoData,
  recipe: Starved['recipe'],
): Promise<TrainingBatch> {
  const source = task.data.samples(bindData(task, model, data, 'training'), recipe, model);
  const own = task.training.loader(model, recipe, source);
  const loader = createLoader({ source, batchSize: recipe.batchSize, seed: 0, workers: 1, ...own });
  try {
    for await (const batch of loader.batches()) return batch;
    throw new Error('there is no picture to train on');
  } finally {
    await loader.close();
  }
}

/** Most MiB of tensors alive at once in a step of the task by the recipe, weights and pictures included. */
export async function stepMebibytes(
  task: Task,
  model: TaskModel,
  weights: Readonly<StateDict>,
  data: CocoData,
  recipe: Starved['recipe'],
): Promise<number> {
  const batch = await trainingBatch(task, model, data, recipe);
  const parts = trainableParts(model.config.backbone, task.weights.backbonePrefix, recipe);
  const before = tf.memory().numBytes;
  try {
    const own = Object.values(weights).reduce((sum, { size }) => sum + 4 * size, 4 * batch.images.size);
    const { peakBytes } = await tf.profile(() => {
      const random = seededRandom(0, 'memory');
      const { gradients, statistics = {} } = task.training.step(weights, batch, model, { ...parts, random, recipe });
      tf.dispose([gradients, statistics]);
      return [];
    });
    return (own + peakBytes - before) / 2 ** 20;
  } finally {
    batch.dispose();
  }
}
