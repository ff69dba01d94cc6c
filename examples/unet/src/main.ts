/** `pnpm start`: a U-Net with plain, random and searched dilations, each trained equally long; a minute or two on two cores. */
import '@tensorflow/tfjs';
import { baselinePattern, patternError, searchDilations } from '@icconv/edo';
import { modelNetwork, replaceByInception } from '@icconv/edo/layers';
import { type DilationPattern, layerStatistics } from '@icconv/inception-conv';
import { useEngine } from '@icconv/tensor-ops/engine';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { type Rings, rings } from './rings';
import { unet } from './unet';

const MAX_DILATION = 3;
const SUPER_EPOCHS = 4;
const EPOCHS = 4;

const started = performance.now();
await useEngine({ device: 'auto', threads: 2 });
const train = rings(240, 1);
const test = rings(60, 2);

// 1. The super-network, fresh, trained by fit. From a trained 3x3 model it would be widenModel(model, ...): after so short a training its
// 3x3 weights would still outweigh all new taps, and the search would find dilation 1 everywhere.
const wide = unet(7, 2 * MAX_DILATION + 1);
await fit(wide, train, SUPER_EPOCHS);
console.log(`super-network, kernels of side ${2 * MAX_DILATION + 1}: IoU ${iou(wide, test).toFixed(3)}`);

// 2. Search.
const network = modelNetwork(wide, { maxDilation: MAX_DILATION });
const found = await searchDilations(network, { objective: 'weight-l1' });
const units = found.layers.map(({ name, units }) => ({ name, units }));
const patterns: Record<string, DilationPattern> = {
  plain: baselinePattern('ones', units, { maxDilation: MAX_DILATION }),
  random: baselinePattern('random', units, { maxDilation: MAX_DILATION, seed: 1 }),
  searched: found.pattern,
};
for (const layer of found.pattern.layers) {
  const { shares } = layerStatistics(layer);
  console.log(
    `${(layer.name ?? '').padEnd(8)}${shares.map(({ dilation, channels }) => `${channels}*${dilation.join('x')}`).join('  ')}`,
  );
}

// 3. Replace, and train on: the same super-network, the same epochs, different dilations.
for (const [name, pattern] of Object.entries(patterns)) {
  const model = await replaceByInception(wide, pattern);
  await fit(model, train, EPOCHS);
  const lost = patternError(found.layers, pattern).mean;
  console.log(
    `${name.padEnd(10)}loses ${(100 * lost).toFixed(1)} % of the weights, IoU after ${EPOCHS} epochs ${iou(model, test).toFixed(3)}`,
  );
  model.dispose();
}
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);

async function fit(model: tfl.LayersModel, { images, masks }: Rings, epochs: number): Promise<void> {
  const optimizer = tf.train.adam(3e-3);
  model.compile({ optimizer, loss: 'binaryCrossentropy' });
  await model.fit(images, masks, { epochs, batchSize: 8, shuffle: false, verbose: 0 });
  optimizer.dispose();
}

/** Intersection over union of all pictures together. */
function iou(model: tfl.LayersModel, { images, masks }: Rings): number {
  return tf.tidy(() => {
    const inside = tf.greater(model.predict(images) as tf.Tensor, 0.5);
    const truth = tf.cast(masks, 'bool');
    const count = (mask: tf.Tensor) => tf.sum(tf.cast(mask, 'float32')).dataSync()[0]!;
    return count(tf.logicalAnd(inside, truth)) / Math.max(1, count(tf.logicalOr(inside, truth)));
  });
}
