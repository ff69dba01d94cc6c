/**
 * Pictures of noise with labels that only a dilated kernel can read.
 *
 * Output map g has a dilation (dh, dw) of its own. Its label at a pixel is whether the two pixels of one channel at offsets (dh, dw) and
 * (-dh, -dw) lie on the same side of the mean. Each of the two alone says nothing about the label, nor does any other pixel: a kernel that
 * misses either tap is right half of the time, whatever it has learned. The two taps belong to no other dilation.
 *
 * Letters: N pictures, S side, C channels, G output maps, d largest dilation.
 */
import { allDilations } from '@icconv/edo';
import type { Dilation } from '@icconv/inception-conv';
import { type Random, seededRandom, shuffled } from '@icconv/training';
import type { DataPosition, TrainData } from '@icconv/training/node';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Planted } from './config';

/** One dilation for each output map, all different where there are enough, none of them (1, 1), which a plain kernel reads. */
export function plantedDilations({ groups, maxDilation }: Planted['data'], seed: number): Dilation[] {
  const dilated = allDilations(maxDilation).slice(1);
  const order = shuffled(dilated.length, seededRandom(seed, 'planted'));
  return Array.from({ length: groups }, (_, g) => dilated[order[g % order.length]!]!);
}

export interface PlantedBatch extends DataPosition {
  readonly next: DataPosition;
  readonly samples: readonly { readonly name: string }[];
  /** float32 [N, S, S, C]. */
  readonly images: Tensor4D;
  /** float32 [N, S - 2d, S - 2d, G] of 0 and 1: pixels whose offsets all lie in the picture. */
  readonly labels: Tensor4D;
  dispose(): void;
}

/** @returns pixels and labels as {@link PlantedBatch} has them, row by row. */
export function drawBatch(
  random: Random,
  count: number,
  planted: readonly Dilation[],
  { side, channels, maxDilation, mean }: Planted['data'],
): { images: Float32Array; labels: Float32Array } {
  const noise = Float32Array.from({ length: count * side * side * channels }, () => random.normal());
  const inner = side - 2 * maxDilation;
  const labels = new Float32Array(count * inner * inner * planted.length);
  let at = 0;
  for (let n = 0; n < count; n++) {
    for (let row = maxDilation; row < side - maxDilation; row++) {
      for (let column = maxDilation; column < side - maxDilation; column++) {
        for (const [g, [dh, dw]] of planted.entries()) {
          const pixel = (h: number, w: number) => noise[((n * side + h) * side + w) * channels + (g % channels)]!;
          labels[at++] = pixel(row + dh, column + dw) * pixel(row - dh, column - dw) > 0 ? 1 : 0;
        }
      }
    }
  }
  return { images: noise.map((value) => value + mean), labels };
}

/** Fresh pictures for every batch: nothing can be learned by heart. The same position gives the same batch. */
export function plantedData(
  config: Planted,
  planted: readonly Dilation[],
  seed: number,
  split: 'train' | 'test' | 'validation' = 'train',
): TrainData<PlantedBatch> & { batch(position: DataPosition): PlantedBatch } {
  const { data, training } = config;
  const { batchSize, stepsPerEpoch } = training;
  const inner = data.side - 2 * data.maxDilation;
  const draw = ({ epoch, batch }: DataPosition): PlantedBatch => {
    const { images, labels } = drawBatch(seededRandom(seed, split, epoch, batch), batchSize, planted, data);
    const tensors = {
      images: tf.tensor4d(images, [batchSize, data.side, data.side, data.channels]),
      labels: tf.tensor4d(labels, [batchSize, inner, inner, planted.length]),
    };
    const next = batch + 1 === stepsPerEpoch ? { epoch: epoch + 1, batch: 0 } : { epoch, batch: batch + 1 };
    const samples = [{ name: `${split} ${epoch}:${batch}` }];
    return { epoch, batch, next, samples, ...tensors, dispose: () => tf.dispose([tensors.images, tensors.labels]) };
  };
  return {
    batchesPerEpoch: stepsPerEpoch,
    batch: draw,
    async *batches(from = { epoch: 0, batch: 0 }) {
      for (let position = from; ; ) {
        const batch = draw(position);
        position = batch.next;
        yield batch;
      }
    },
  };
}
