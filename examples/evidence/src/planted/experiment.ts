/** For each seed: the super-networks, a pattern by each method, the training of its network, a line of results. */
import { join } from 'node:path';
import {
  type Baseline,
  baselinePattern,
  cropFilter,
  type ObjectiveName,
  type SearchNetwork,
  searchDilations,
} from '@icconv/edo';
import type { Dilation } from '@icconv/inception-conv';
import { type StateDict, seededRandom } from '@icconv/training';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { appendRow, readRows } from '../rows';
import { evolve } from '../sampling';
import type { Method, Planted } from './config';
import { cutDarts, dartsStep, initDarts, mixedKernels } from './darts';
import { plantedData, plantedDilations } from './data';
import { accuracy, type Convolution, dilatedKernels, hiddenChannels, initNetwork, wholeKernel } from './network';
import type { Row } from './results';
import { choicesOf, masked, sposStep } from './spos';
import { type Context, type Cost, measure, ordinaryStep, train } from './train';

const KERNEL = 3;
const NOTHING: Cost = { seconds: 0, mebibytes: 0 };

/** The network to be trained on: what a method came to. */
interface Cut {
  readonly dilations: readonly Dilation[];
  /** Owned by whoever trains them. */
  readonly weights: StateDict;
  /** Of each hidden channel, before the choice. */
  readonly importance: readonly number[];
  readonly searched: Cost;
  readonly chosen: Cost;
}

export interface Paths {
  readonly results: string;
  readonly folder: string;
}

export async function runPlanted(
  config: Planted,
  { results, folder }: Paths,
  more: Pick<Context, 'signal' | 'onUpdate'> & { readonly onRow?: (row: Row) => void } = {},
): Promise<void> {
  for (const seed of config.seeds) {
    const context: Context = { config, seed, folder: join(folder, String(seed)), ...more };
    const done = (method: string) => readRows<Row>(results).some((row) => row.method === method && row.seed === seed);
    const add = async (row: Row) => {
      await appendRow(results, row);
      more.onRow?.(row);
    };
    if (!done('super')) await add(await superRow(context));
    for (const method of config.methods) if (!done(method)) await add(await methodRow(context, method));
  }
}

const side = ({ data }: Planted) => (KERNEL - 1) * data.maxDilation + 1;

const superNetwork = (context: Context) => {
  const { config, seed } = context;
  const start = () => initNetwork(side(config), config, seed);
  return train(context, 'super', config.training.superSteps, start, ordinaryStep(wholeKernel, config));
};

async function superRow(context: Context): Promise<Row> {
  const { weights, cost } = await superNetwork(context);
  const right = testAccuracy(context, weights, wholeKernel);
  tf.dispose(weights);
  return {
    method: 'super',
    seed: context.seed,
    accuracy: right,
    recovery: Number.NaN,
    weightedRecovery: Number.NaN,
    updates: context.config.training.superSteps,
    superSeconds: cost.seconds,
    selectSeconds: 0,
    trainSeconds: 0,
    searchMebibytes: cost.mebibytes,
  };
}

async function methodRow(context: Context, method: Method): Promise<Row> {
  const { config, seed } = context;
  const { superSteps, steps } = config.training;
  const cut = await cutBy(context, method);
  // Undilated kernels need no kernel of their own.
  const plain = cut.dilations.every(([dh, dw]) => dh === 1 && dw === 1);
  const convolution = plain ? wholeKernel : dilatedKernels(cut.dilations);
  const updates = method === 'plain-scratch' ? superSteps + steps : steps;
  let taken = false;
  const start = () => {
    taken = true;
    return cut.weights;
  };
  const { weights, cost } = await train(context, method, updates, start, ordinaryStep(convolution, config));
  // An earlier call had trained it.
  if (!taken) tf.dispose(cut.weights);
  const right = testAccuracy(context, weights, convolution);
  tf.dispose(weights);
  return {
    method,
    seed,
    accuracy: right,
    ...recoveryOf(cut, config, seed),
    updates: superSteps + steps,
    superSeconds: cut.searched.seconds,
    selectSeconds: cut.chosen.seconds,
    trainSeconds: cost.seconds,
    searchMebibytes: Math.max(cut.searched.mebibytes, cut.chosen.mebibytes),
  };
}

function testAccuracy({ config, seed }: Context, weights: StateDict, convolution: Convolution): number {
  const { batch } = plantedData(config, plantedDilations(config.data, seed), seed, 'test');
  const batches = (function* () {
    for (let i = 0; i < config.data.testBatches; i++) yield batch({ epoch: 0, batch: i });
  })();
  return accuracy(weights, batches, convolution, config);
}

/** Shares of the channels that have the dilation of the map that reads them. */
function recoveryOf(
  { dilations, importance }: Pick<Cut, 'dilations' | 'importance'>,
  config: Planted,
  seed: number,
): { recovery: number; weightedRecovery: number } {
  const planted = plantedDilations(config.data, seed);
  const hits = dilations.map(([dh, dw], o) => {
    const [height, width] = planted[Math.floor(o / config.channelsPerGroup)]!;
    return dh === height && dw === width ? 1 : 0;
  });
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return {
    recovery: sum(hits) / hits.length,
    weightedRecovery: sum(hits.map((hit, o) => hit * importance[o]!)) / sum(importance),
  };
}

/** Norm of a channel's kernel times the readout that it meets. */
function importanceOf(kernel: tf.Tensor, readout: tf.Tensor): number[] {
  return tf.tidy(() => {
    const norms = tf.sqrt(tf.sum(tf.square(kernel), [0, 1, 2]));
    const [, , perGroup, groups] = readout.shape as [number, number, number, number];
    const met = tf.reshape(tf.transpose(tf.reshape(tf.abs(readout), [perGroup, groups])), [-1]);
    return Array.from(tf.mul(norms, met).dataSync());
  });
}

async function cutBy(context: Context, method: Method): Promise<Cut> {
  const { config, seed } = context;
  if (method === 'plain-scratch') {
    const dilations = uniform(config);
    const weights = initNetwork(KERNEL, config, seed);
    return { dilations, weights, importance: dilations.map(() => 1), searched: NOTHING, chosen: NOTHING };
  }
  if (method === 'darts') return dartsCut(context);
  if (method === 'spos') return sposCut(context);
  const { weights, cost: searched } = await superNetwork(context);
  const { result: dilations, cost: chosen } = await measure((watch) => choose(context, method, weights, watch));
  const cut = { ...cropped(weights, dilations, config), searched, chosen };
  tf.dispose(weights);
  return cut;
}

const uniform = (config: Planted) => Array.from({ length: hiddenChannels(config) }, (): Dilation => [1, 1]);

/** Takes the dilations' taps out of a super-kernel. The super-network stays the caller's. */
function cropped(weights: StateDict, dilations: readonly Dilation[], config: Planted) {
  const { 'conv.weight': kernel, ...rest } = weights;
  const { maxDilation } = config.data;
  const own = Object.fromEntries(Object.entries(rest).map(([name, tensor]) => [name, tf.clone(tensor)]));
  const filter = cropFilter(kernel as Tensor4D, dilations, { maxDilation, kernelSize: KERNEL });
  const importance = importanceOf(kernel!, weights['readout.weight']!);
  return { dilations, weights: { 'conv.weight': filter, ...own } as StateDict, importance };
}

/** A pattern for the super-network, by an objective of the search or without any. */
async function choose(
  { config, seed }: Context,
  method: Exclude<Method, 'plain-scratch' | 'darts' | 'spos'>,
  weights: StateDict,
  watch: () => void,
): Promise<readonly Dilation[]> {
  const { maxDilation } = config.data;
  const baseline = (kind: Baseline, number = 0) => {
    const layers = [{ name: 'conv', units: hiddenChannels(config) }];
    return baselinePattern(kind, layers, { maxDilation, seed: 100 * seed + number }).layers[0]!.dilations;
  };
  if (method === 'planted') {
    return plantedDilations(config.data, seed).flatMap((dilation) =>
      Array.from({ length: config.channelsPerGroup }, () => dilation),
    );
  }
  if (method === 'plain-cut') return baseline('ones');
  if (method === 'manual') return baseline('manual');
  if (method.startsWith('random-')) return baseline('random', Number(method.slice('random-'.length)));
  const objective = method.slice('edo-'.length) as ObjectiveName;
  const { batch } = plantedData(config, plantedDilations(config.data, seed), seed, 'validation');
  const data = (function* () {
    for (let i = 0; i < config.statisticsBatches; i++) {
      const { images, labels } = batch({ epoch: 0, batch: i });
      labels.dispose();
      yield images;
    }
  })();
  const { pattern } = await searchDilations(asNetwork(weights, config, watch), { objective, data });
  return pattern.layers[0]!.dilations;
}

/** What the search needs to know of this network: one super-kernel that sees the pictures themselves. */
function asNetwork(weights: StateDict, { data }: Planted, watch: () => void = () => {}): SearchNetwork {
  const layer = {
    name: 'conv',
    filter: weights['conv.weight'] as Tensor4D,
    maxDilation: data.maxDilation,
    kernelSize: KERNEL,
    stride: 1,
    groups: 1,
  };
  return {
    layers: [layer],
    run: (x, observe) =>
      tf.tidy(() => {
        observe(layer, x);
        watch();
      }),
  };
}

async function dartsCut(context: Context): Promise<Cut> {
  const { config, seed } = context;
  const { superSteps } = config.training;
  const start = () => initDarts(config, seed);
  const { weights, cost: searched } = await train(context, 'darts-search', superSteps, start, dartsStep(config));
  const { result, cost: chosen } = await measure(() => cutDarts(weights, config));
  const kernels = mixedKernels(weights);
  const importance = importanceOf(kernels, weights['readout.weight']!);
  tf.dispose([weights, kernels]);
  return { ...result, importance, searched, chosen };
}

async function sposCut(context: Context): Promise<Cut> {
  const { config, seed } = context;
  const { superSteps } = config.training;
  const start = () => initNetwork(side(config), config, seed);
  const { weights, cost: searched } = await train(context, 'spos-search', superSteps, start, sposStep(config));
  const { batch } = plantedData(config, plantedDilations(config.data, seed), seed, 'validation');
  const { result: dilations, cost: chosen } = await measure((watch) =>
    evolve(config.spos, choicesOf(config), seededRandom(seed, 'evolution'), (pattern) => {
      const batches = Array.from({ length: config.spos.batches }, (_, i) => batch({ epoch: 0, batch: i }));
      watch();
      return accuracy(weights, batches, masked(pattern, config), config);
    }),
  );
  const cut = { ...cropped(weights, dilations, config), searched, chosen };
  tf.dispose(weights);
  return cut;
}
