/** One worker of a run, in a process of its own: `tsx cluster-worker.ts INDEX ADDRESS,ADDRESS OPTIONS`. One address: a run without cluster. */
import { setTimeout } from 'node:timers/promises';
import { sharingStatistics, VisionError } from '@icconv/tensor-ops';
import { joinCluster } from '@icconv/tensor-ops/collectives';
import { useEngine } from '@icconv/tensor-ops/engine';
import * as tf from '@tensorflow/tfjs-core';
import { seededRandom, sgd } from '../../src';
import { trainLoop } from '../../src/node';
import { fingerprint, makeRun, normStep, step } from './tiny';

export interface WorkerOptions {
  readonly folder?: string;
  readonly batchSize: number;
  readonly dropLast?: boolean;
  readonly epochs?: number;
  /** Ends the run, by the clock of worker 0. */
  readonly seconds?: number;
  readonly accumulate?: number;
  /** Running statistics stay as they are: the tiny network computes with them, and between updates each worker has its own. */
  readonly frozen?: boolean;
  /** Milliseconds a step. */
  readonly pause?: number;
  /** The recipe, for all or for one worker. */
  readonly settings?: Record<string, unknown>;
  readonly settingsOf1?: Record<string, unknown>;
  /** What worker 1 does in step 5. */
  readonly trouble?: 'throws' | 'no gradient' | 'nan';
  /** Worker 0 fails in its evaluation. */
  readonly evaluationFails?: boolean;
  /** Normalises by the batches of all workers, or each by its own. */
  readonly norms?: 'synchronised' | 'local';
}

const [index, addresses, json] = process.argv.slice(2) as [string, string, string];
const options = JSON.parse(json) as WorkerOptions;
const mine = Number(index);
const workers = addresses.split(',');
const cluster =
  workers.length > 1
    ? await joinCluster({ workers, index: mine, device: 'cpu', threads: 1, checkSeconds: 1 })
    : undefined;
if (cluster === undefined) await useEngine({ device: 'cpu', threads: 1 });

const {
  folder,
  frozen = false,
  batchSize,
  dropLast = false,
  epochs = 6,
  accumulate = 1,
  pause = 0,
  trouble,
  evaluationFails,
  norms,
  seconds,
} = options;
const settings = mine === 1 ? (options.settingsOf1 ?? options.settings) : options.settings;
const { run, weights, averages, optimizer, dispose } = makeRun(
  {
    ...{ epochs, accumulate, resume: true, checkpointEverySteps: 1, handleInterrupt: true },
    ...(folder !== undefined && { folder }),
    ...(seconds !== undefined && { seconds }),
    ...(cluster !== undefined && { cluster }),
    ...(settings !== undefined && { settings }),
    // Adam makes steps of one size of whatever gradient, of one that is all rounding too.
    ...(norms !== undefined && { optimizer: sgd() }),
    ...(evaluationFails && {
      evaluate: () => {
        throw new Error('no room for the evaluation');
      },
    }),
    async step(current, batch, context) {
      console.log(`step ${context.step}`);
      await setTimeout(pause);
      const inTrouble = mine === 1 && context.step === 5;
      if (inTrouble && trouble === 'throws') throw new Error('no such picture');
      if (norms !== undefined)
        return sharingStatistics(norms === 'synchronised' ? cluster : undefined, () => normStep(current, batch));
      // The same noise for all, so that workers together compute what one would.
      const { statistics, ...result } = step(current, batch, { ...context, random: seededRandom(context.step) });
      if (frozen) tf.dispose(statistics);
      else Object.assign(result, { statistics });
      if (inTrouble && trouble === 'nan') return { ...result, losses: { total: Number.NaN } };
      if (!inTrouble || trouble !== 'no gradient') return result;
      const { 'fc.bias': gone, ...gradients } = result.gradients;
      gone!.dispose();
      return { ...result, gradients };
    },
  },
  { batchSize, dropLast, ...(cluster !== undefined && { shard: { index: mine, count: cluster.size } }) },
);
if (mine !== 0) for (const name of Object.keys(weights)) weights[name] = tf.keep(tf.randomNormal(weights[name]!.shape));
try {
  const before = tf.memory().numTensors;
  const { reason, steps, best, rows } = await trainLoop(run);
  const untimed = rows.map(({ seconds: _, ...row }) => row);
  const prints = fingerprint(weights, averages.weights(), optimizer.buffers());
  const all = Object.fromEntries(
    Object.entries({ ...weights, ...averages.weights() }).map(([name, tensor]) => [name, [...tensor.dataSync()]]),
  );
  await cluster?.close();
  await dispose();
  const leaked = tf.memory().numTensors - (before - Object.keys(weights).length);
  console.log(JSON.stringify({ reason, steps, best, rows: untimed, prints, weights: all, leaked }));
} catch (error) {
  const { code, workers: lost } = error as { code?: string; workers?: number[] };
  if (!VisionError.isInstance(error) && !/no such picture|no room/.test(String(error))) throw error;
  console.log(JSON.stringify({ error: (error as Error).message, code, lost }));
}
process.exit(0);
