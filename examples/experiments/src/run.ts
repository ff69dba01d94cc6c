/**
 * `pnpm run experiment --config digits.yaml [--set recipe.epochs=4]`
 *
 * For each seed: trains a super-network, cuts a network out of it by each method's pattern, trains it on, and writes its metrics as a line
 * of CSV. Stopped at any point, the same command goes on where it was.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { VisionError } from '@icconv/base';
import { besideConfig, readConfig, withChanges } from '@icconv/base/config';
import { writeAtomically } from '@icconv/base/files';
import { type CocoData, loadDataset } from '@icconv/coco/node';
import { type FasterRcnnConfig, fasterRcnnConfig, initFasterRcnn } from '@icconv/detection';
import {
  classNames,
  DETECTION,
  type DetectionRecipe,
  evaluateDetector,
  fasterRcnnSchema,
  loadDetectorWeights,
  trainDetector,
} from '@icconv/detection/node';
import {
  type Baseline,
  baselinePattern,
  cropWeights,
  patternError,
  plainConfig,
  resnetNetwork,
  type SearchResult,
  searchDilations,
  superConfig,
  superLayers,
  widenWeights,
} from '@icconv/edo';
import { type DilationPattern, formatPattern, patternStatistics } from '@icconv/inception-conv';
import type { ResNetConfig, StateDict } from '@icconv/models';
import { useEngine } from '@icconv/tensor-ops/engine';
import { CHECKPOINT_FILE, FINAL_FILE } from '@icconv/training/node';
import * as tf from '@tensorflow/tfjs-core';
import Table from 'cli-table3';
import { writeSplit } from '../../digits/src/write-split';
import { BASELINES, ELSEWHERE, type Experiment, experimentSchema, type Method } from './config';
import { pictures } from './pictures';
import { appendRow, readRows, summarize } from './results';

/** Of the backbone's names in a detector. */
const PREFIX = 'backbone.body.';

interface Setting {
  readonly experiment: Experiment;
  readonly train: CocoData;
  readonly test: CocoData;
  readonly folder: string;
  readonly results: string;
}

const { values } = parseArgs({
  options: {
    config: { type: 'string', default: 'digits.yaml' },
    set: { type: 'string', multiple: true, default: [] },
    threads: { type: 'string', default: '2' },
  },
});
main().catch((error: unknown) => {
  console.error(VisionError.isInstance(error) ? error.message : error);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const experiment = await readConfig(values.config, experimentSchema, values.set);
  await useEngine({ device: 'auto', threads: Number(values.threads) });
  const setting: Setting = {
    experiment,
    ...(await openData(experiment)),
    folder: besideConfig(values.config, experiment.output),
    results: besideConfig(values.config, experiment.results),
  };
  for (const seed of experiment.seeds) {
    const left = experiment.methods.filter((method) => !isDone(setting, method, seed));
    if (left.length > 0) {
      if (experiment.scratch && experiment.superStart === 'plain') await scratch(setting, seed);
      const network = await superNetwork(setting, seed);
      try {
        for (const method of left) await cut(setting, seed, method, network);
      } finally {
        tf.dispose(network.weights);
      }
    }
    if (experiment.scratch) await scratch(setting, seed);
  }
  print(setting);
}

const isDone = ({ results }: Setting, method: string, seed: number) =>
  readRows(results).some((row) => row.method === method && row.seed === seed);

async function openData({ data }: Experiment): Promise<{ train: CocoData; test: CocoData }> {
  if ('coco' in data) {
    const open = async ({ annotations, images }: { annotations: string; images: string }) => ({
      dataset: await loadDataset(besideConfig(values.config, annotations)),
      folder: besideConfig(values.config, images),
    });
    return { train: await open(data.coco.train), test: await open(data.coco.test) };
  }
  const { train, test, folder: relative, ...more } = data.digits;
  // Sizes in the name: other sizes are other files.
  const folder = `${besideConfig(values.config, relative)}-${train}-${test}`;
  const open = async (split: 'train' | 'test', count: number) => {
    const path = join(folder, `${split}.json`);
    if (!existsSync(path)) await writeSplit({ folder, split, count, ...more });
    return { dataset: await loadDataset(path), folder: join(folder, 'images') };
  };
  return { train: await open('train', train), test: await open('test', test) };
}

function detectorOf({ experiment, train }: Setting, backbone: ResNetConfig): FasterRcnnConfig {
  const classes = classNames(train.dataset).length;
  const base = fasterRcnnConfig({ backbone, classes });
  const { config: file } = values;
  return withChanges(base, experiment.model.detector, fasterRcnnSchema, {
    file,
    place: 'model.detector',
    elsewhere: ELSEWHERE,
  });
}

/** Trains in its folder, going on with a checkpoint that is there. @returns minutes of this call */
async function train(
  setting: Setting,
  name: string,
  config: FasterRcnnConfig,
  weights: StateDict,
  recipe: DetectionRecipe,
): Promise<number> {
  const folder = join(setting.folder, name);
  await mkdir(folder, { recursive: true });
  const started = performance.now();
  const resume = existsSync(join(folder, CHECKPOINT_FILE));
  const result = await trainDetector({ config, weights, recipe, train: setting.train, folder, resume, workers: 1 });
  if (result.reason === 'interrupted') throw new Error('interrupted');
  return (performance.now() - started) / 60_000;
}

async function finish(
  setting: Setting,
  row: { method: string; seed: number; epochs: number; minutes: number },
  config: FasterRcnnConfig,
  weights: StateDict,
  more: { lostWeight?: number; undilated?: number } = {},
): Promise<void> {
  const { test, results, experiment } = setting;
  const classes = classNames(setting.train.dataset);
  const { stats } = await evaluateDetector({ config, weights, classes }, test);
  const { AP, AP50, AP75, APsmall, APmedium, APlarge } = stats as Record<string, number>;
  const round = (value: number | undefined) => Math.round((value ?? Number.NaN) * 1e4) / 1e4;
  appendRow(results, {
    setting: experiment.setting,
    method: row.method,
    seed: row.seed,
    epochs: row.epochs,
    AP: round(AP),
    AP50: round(AP50),
    AP75: round(AP75),
    APsmall: round(APsmall),
    APmedium: round(APmedium),
    APlarge: round(APlarge),
    lostWeight: more.lostWeight === undefined ? '' : round(more.lostWeight),
    undilated: more.undilated === undefined ? '' : round(more.undilated),
    minutes: Math.round(row.minutes * 100) / 100,
  });
  console.error(
    `${experiment.setting} ${row.method} seed ${row.seed}: AP ${AP?.toFixed(4)} after ${row.minutes.toFixed(1)} min`,
  );
}

async function scratch(setting: Setting, seed: number): Promise<void> {
  const { experiment } = setting;
  const method = 'plain-scratch';
  if (isDone(setting, method, seed)) return;
  const config = detectorOf(setting, experiment.model.backbone);
  const weights = initFasterRcnn(config, { seed });
  try {
    const epochs = experiment.superRecipe.epochs + experiment.recipe.epochs;
    const recipe = { ...experiment.recipe, epochs, seed };
    const minutes = await train(setting, `${method}-${seed}`, config, weights, recipe);
    await finish(setting, { method, seed, epochs, minutes }, config, weights);
  } finally {
    tf.dispose(weights);
  }
}

interface SuperNetwork {
  readonly config: FasterRcnnConfig;
  readonly weights: StateDict;
}

async function superNetwork(setting: Setting, seed: number): Promise<SuperNetwork> {
  const { experiment } = setting;
  const { backbone, maxDilation } = experiment.model;
  const config = detectorOf(setting, superConfig(backbone, { maxDilation }));
  const name = `super-${seed}`;
  const trained = join(setting.folder, name, FINAL_FILE);
  if (existsSync(trained)) return { config, weights: await loadDetectorWeights(trained, config) };
  const weights = await superStart(setting, seed, config);
  const minutes = await train(setting, name, config, weights, { ...experiment.superRecipe, seed });
  if (!isDone(setting, 'super', seed)) {
    await finish(setting, { method: 'super', seed, epochs: experiment.superRecipe.epochs, minutes }, config, weights);
  }
  return { config, weights };
}

/** Random weights, or those of the trained plain network with zeros for the new taps. */
async function superStart(
  setting: Setting,
  seed: number,
  config: FasterRcnnConfig,
): Promise<Record<string, tf.Tensor>> {
  const { model, superStart: from } = setting.experiment;
  if (from === 'random') return initFasterRcnn(config, { seed });
  const plain = detectorOf(setting, model.backbone);
  const weights = await loadDetectorWeights(join(setting.folder, `plain-scratch-${seed}`, FINAL_FILE), plain);
  const widened = widenWeights(weights, config.backbone, { prefix: PREFIX });
  tf.dispose(weights);
  return widened;
}

async function cut(setting: Setting, seed: number, method: Method, { config, weights }: SuperNetwork): Promise<void> {
  const { experiment, folder } = setting;
  const network = resnetNetwork(weights, config.backbone, { prefix: PREFIX });
  const lost = await searchDilations(network, { objective: 'weight-l1' });
  const pattern = await patternOf(setting, seed, method, { config, weights }, lost);
  const cropped = cropWeights(weights, config.backbone, pattern, { prefix: PREFIX });
  // Undilated inception layers are plain ones: the same function, and none of the kernel's time.
  const backbone = method === 'ones' ? plainConfig(config.backbone) : cropped.config;
  const own = { ...config, backbone };
  const name = `${method}-${seed}`;
  try {
    await mkdir(join(folder, name), { recursive: true });
    await writeAtomically(join(folder, name, 'pattern.json'), formatPattern(pattern));
    const recipe = { ...experiment.recipe, seed };
    const minutes = await train(setting, name, own, cropped.weights, recipe);
    await finish(setting, { method, seed, epochs: recipe.epochs, minutes }, own, cropped.weights, {
      lostWeight: patternError(lost.layers, pattern).mean,
      undilated: patternStatistics(pattern).undilated,
    });
  } finally {
    tf.dispose(cropped.weights);
  }
}

async function patternOf(
  setting: Setting,
  seed: number,
  method: Method,
  { config, weights }: SuperNetwork,
  lost: SearchResult,
): Promise<DilationPattern> {
  if ((BASELINES as readonly string[]).includes(method)) {
    const layers = superLayers(config.backbone).map(({ name, outChannels }) => ({ name, units: outChannels }));
    return baselinePattern(method as Baseline, layers, { maxDilation: setting.experiment.model.maxDilation, seed });
  }
  if (method === 'weight-l1') return lost.pattern;
  const objective = method as Exclude<Method, Baseline>;
  const classes = classNames(setting.train.dataset);
  const data = pictures(DETECTION, { config, classes }, setting.train, setting.experiment.statisticsImages);
  const network = resnetNetwork(weights, config.backbone, { prefix: PREFIX });
  return (await searchDilations(network, { objective, data })).pattern;
}

function print({ results }: Setting): void {
  const table = new Table({
    head: ['method', 'runs', 'AP', 'sd'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { method, runs, mean, deviation } of summarize(readRows(results))) {
    table.push([method, String(runs), mean.toFixed(4), Number.isNaN(deviation) ? '' : deviation.toFixed(4)]);
  }
  console.log(table.toString());
}
