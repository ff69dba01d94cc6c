/** Trainings of the experiment, each in a folder of its own from which a stopped one goes on, and what they cost. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readText, writeAtomically } from '@icconv/base/files';
import { loadStateDict } from '@icconv/tensor-ops/weights';
import { adamW, cosine, lossGradients, type StateDict } from '@icconv/training';
import { FINAL_FILE, type StepContext, trainLoop } from '@icconv/training/node';
import * as tf from '@tensorflow/tfjs-core';
import { processorSeconds } from '../processor-time';
import type { Planted } from './config';
import { type PlantedBatch, plantedData, plantedDilations } from './data';
import { type Convolution, crossEntropy, logits } from './network';

export interface Cost {
  /** Processor time of all threads: unlike the clock it does not depend on what else the machine does. */
  readonly seconds: number;
  /** Most bytes of tensors alive at once, in MiB, measured where a forward pass is at its end and all activations are kept. */
  readonly mebibytes: number;
}

/** Where and under what a seed is run. */
export interface Context {
  readonly config: Planted;
  readonly seed: number;
  /** Of this seed. */
  readonly folder: string;
  readonly signal?: AbortSignal;
  readonly onUpdate?: (name: string, step: number) => void;
}

/** Told at the end of every forward pass. */
export type Watch = () => void;

export type Step = (
  weights: Readonly<StateDict>,
  batch: PlantedBatch,
  context: StepContext,
  watch: Watch,
) => ReturnType<typeof lossGradients>;

/** Updates of all weights by one batch. */
export const ordinaryStep =
  (convolution: Convolution, config: Planted): Step =>
  (weights, batch, _, watch) =>
    lossGradients(
      weights,
      () => true,
      (current) => {
        const loss = crossEntropy(logits(current, batch.images, convolution, config), batch.labels);
        watch();
        return { losses: { loss } };
      },
    );

/** Runs and measures. */
export async function measure<T>(work: (watch: Watch) => Promise<T> | T): Promise<{ result: T; cost: Cost }> {
  let bytes = 0;
  const watch = () => {
    bytes = Math.max(bytes, tf.memory().numBytes);
  };
  watch();
  const before = process.cpuUsage();
  const result = await work(watch);
  return { result, cost: { seconds: processorSeconds(before), mebibytes: bytes / 2 ** 20 } };
}

/**
 * Trains `weights`, or loads what an earlier call came to.
 *
 * @param start - makes the first weights; they are replaced and belong to the result.
 * @throws where the signal or Ctrl-C ends it; the next call goes on.
 */
export async function train(
  { config, seed, folder: parent, signal, onUpdate }: Context,
  name: string,
  steps: number,
  start: () => StateDict,
  step: Step,
): Promise<{ weights: StateDict; cost: Cost }> {
  const folder = join(parent, name);
  const costPath = join(folder, 'cost.json');
  if (existsSync(costPath)) {
    const cost = JSON.parse(await readText(costPath, { maxBytes: 4096 })) as Cost;
    return { weights: await loadStateDict(join(folder, FINAL_FILE)), cost };
  }
  await mkdir(folder, { recursive: true });
  const { training, data, channelsPerGroup } = config;
  const weights = start();
  const optimizer = adamW({ weightDecay: training.weightDecay });
  let first: number | undefined;
  const { result, cost } = await measure((watch) =>
    trainLoop({
      weights,
      loader: plantedData(config, plantedDilations(data, seed), seed),
      optimizer,
      schedule: cosine(training.learningRate, { steps }),
      steps,
      seed,
      folder,
      resume: true,
      settings: { training, data, channelsPerGroup },
      tensorBoard: false,
      progress: false,
      ...(signal !== undefined && { signal }),
      step: (current, batch, context) => {
        first ??= context.step;
        onUpdate?.(name, context.step);
        return step(current, batch, context, watch);
      },
    }),
  ).finally(() => optimizer.dispose());
  if (result.reason === 'interrupted') {
    tf.dispose(weights);
    throw new Error(`${name} of seed ${seed} was interrupted after ${result.steps} updates; the same command goes on`);
  }
  // A run that went on has measured its last updates only: all cost the same.
  const measured = result.steps - (first ?? result.steps);
  const whole = { ...cost, seconds: (cost.seconds * result.steps) / Math.max(1, measured) };
  await writeAtomically(costPath, JSON.stringify(whole));
  return { weights, cost: whole };
}
