/** Training pictures as the super-network takes them. */
import type { FasterRcnnConfig } from '@icconv/detection';
import { cocoSamples, createDetectorLoader, type DetectionData } from '@icconv/detection/node';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** The first pictures of a set, as often as asked: the same ones each time. */
export async function* pictures(
  data: DetectionData,
  config: FasterRcnnConfig,
  count: number,
): AsyncGenerator<Tensor4D> {
  const imageIds = data.dataset.getImgIds().slice(0, count);
  const source = cocoSamples(data.dataset, { folder: data.folder, imageIds });
  const loader = createDetectorLoader(config.input, { source, batchSize: 1, shuffle: false, workers: 1 });
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
