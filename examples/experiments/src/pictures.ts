/** Training pictures as the super-network takes them. */
import type { CocoData } from '@icconv/coco/node';
import { bindData, type Task, type TaskTypes } from '@icconv/task';
import { createLoader } from '@icconv/training/node';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** The first pictures of a set, as often as asked, resized as in inference: the same ones each time. */
export async function* pictures<T extends TaskTypes>(
  task: Task<T>,
  model: T['model'],
  data: CocoData,
  count: number,
): AsyncGenerator<Tensor4D> {
  const imageIds = data.dataset.getImgIds().slice(0, count);
  const recipe = { epochs: 1, batchSize: 1, learningRate: 1, augment: {} };
  const source = task.data.samples(bindData(task, model, { ...data, imageIds }, 'training'), recipe, model);
  const own = task.training.loader(model, recipe, source);
  const loader = createLoader({ source, batchSize: 1, shuffle: false, workers: 1, ...own });
  try {
    for await (const batch of loader.batches()) {
      // The statistics pass disposes what it gets.
      yield batch.images.clone();
      batch.dispose();
      if (batch.next.epoch > 0) return;
    }
  } finally {
    await loader.close();
  }
}
