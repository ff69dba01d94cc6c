/**
 * `pnpm start [--seeds N] [--super-epochs N] [--epochs N]`: a U-Net with plain, random and searched dilations, all cut from one super-network
 * and trained equally long; a minute or two a seed on two cores.
 */
import '@tensorflow/tfjs';
import { parseArgs } from 'node:util';
import { baselinePattern, type ObjectiveName, patternError, searchDilations } from '@icconv/edo';
import { modelNetwork, replaceByInception } from '@icconv/edo/layers';
import { type DilationPattern, layerStatistics } from '@icconv/inception-conv';
import { useEngine } from '@icconv/tensor-ops/engine';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { type Rings, rings } from './rings';
import { unet } from './unet';

const MAX_DILATION = 3;
const OTHERS: readonly ObjectiveName[] = ['signed-weights', 'expectation', 'output-error'];

const { values: args } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    'super-epochs': { type: 'string', default: '4' },
    epochs: { type: 'string', default: '4' },
  },
});
const [seeds, superEpochs, epochs] = [Number(args.seeds), Number(args['super-epochs']), Number(args.epochs)];

const started = performance.now();
await useEngine({ device: 'auto', threads: 2 });
const train = rings(240, 1);
const test = rings(60, 2);
const scores = new Map<string, { iou: number[]; lost: number[] }>();
for (let seed = 1; seed <= seeds; seed++) await compare(seed);

console.log(
  `\nIoU after ${superEpochs} + ${epochs} epochs, ${seeds === 1 ? 'one seed' : `mean ± sd of ${seeds} seeds`}`,
);
for (const [name, { iou, lost }] of scores) {
  const of = lost.length === 0 ? '' : `  ${(100 * mean(lost)).toFixed(1)} % of the weights lost`;
  const spread = seeds === 1 ? '' : ` ± ${deviation(iou).toFixed(3)}`;
  console.log(`${name.padEnd(26)}${mean(iou).toFixed(3)}${spread}${of}`);
}
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);

async function compare(seed: number): Promise<void> {
  // 1. The super-network, fresh, trained by fit. From a trained 3x3 model it would be widenModel(model, ...): after so short a training its
  // 3x3 weights would still outweigh all new taps, and the search would find dilation 1 everywhere.
  const wide = unet(100 * seed, 2 * MAX_DILATION + 1);
  await fit(wide, train, superEpochs);
  note('super-network (7x7)', iou(wide, test));

  // 2. Search.
  const network = modelNetwork(wide, { maxDilation: MAX_DILATION });
  const search = (objective: ObjectiveName) => searchDilations(network, { objective, data: some(train.images) });
  const weightL1 = await search('weight-l1');
  const units = weightL1.layers.map(({ name, units }) => ({ name, units }));
  const patterns: Record<string, DilationPattern> = {
    plain: baselinePattern('ones', units, { maxDilation: MAX_DILATION }),
    random: baselinePattern('random', units, { maxDilation: MAX_DILATION, seed }),
    'EDO, weight-l1': weightL1.pattern,
  };
  for (const objective of OTHERS) patterns[`EDO, ${objective}`] = (await search(objective)).pattern;
  if (seed === 1) print(weightL1.pattern);

  // 3. Replace, and train on: the same super-network, the same epochs, different dilations.
  for (const [name, pattern] of Object.entries(patterns)) {
    const model = await replaceByInception(wide, pattern);
    await fit(model, train, epochs);
    note(name, iou(model, test), patternError(weightL1.layers, pattern).mean);
    model.dispose();
  }
  wide.dispose();
  const plain = unet(100 * seed, 3);
  await fit(plain, train, superEpochs + epochs);
  note('plain from scratch', iou(plain, test));
  plain.dispose();
}

/** A batch for the objectives that need data; the search disposes what it reads. */
function* some(images: tf.Tensor4D): Iterable<tf.Tensor4D> {
  yield tf.slice(images, 0, 64);
}

function note(name: string, iou: number, lost?: number): void {
  const entry = scores.get(name) ?? { iou: [], lost: [] };
  entry.iou.push(iou);
  if (lost !== undefined) entry.lost.push(lost);
  scores.set(name, entry);
}

/** The chosen dilations of each layer, with their channels. */
function print({ layers }: DilationPattern): void {
  for (const layer of layers) {
    const shares = layerStatistics(layer).shares.map(({ dilation, channels }) => `${channels}*${dilation.join('x')}`);
    console.log(`${(layer.name ?? '').padEnd(8)}${shares.join('  ')}`);
  }
}

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

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1));
}
