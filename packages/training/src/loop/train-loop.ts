/** The training loop: batches to updates, with logs, evaluation, checkpoints and exact resume. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { defined } from '@icconv/base';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import * as tf from '@tensorflow/tfjs-core';
import { CheckpointError, NonFiniteLossError } from '../errors';
import {
  clipScale,
  type GradientListener,
  GradientSum,
  gradientNorm,
  listeningTo,
  type StepResult,
} from '../optimizers/gradients';
import type { StateDict } from '../optimizers/types';
import { seededRandom } from '../random/random';
import { type Checkpoint, loadCheckpoint, replaceWeights, saveCheckpoint } from './checkpoint';
import type { GradientExchange } from './exchange';
import { describeFrozen, frozenWeights, isStatisticName } from './freezing';
import { watchInterrupt } from './interrupt';
import { Journal } from './journal';
import { evaluationsLeft, lengthOf } from './length';
import { CHECKPOINT_FILE, checkRun } from './run-settings';
import { type Start, Team } from './team';
import { TimeBudget } from './time-budget';
import type { Metrics, TrainBatch, TrainOptions, TrainResult } from './types';

/** Names in the folder, beside the checkpoint's. */
export const BEST_FILE = 'best.safetensors';
export const FINAL_FILE = 'final.safetensors';

/**
 * Trains.
 *
 * With a folder it writes `last.safetensors` (the checkpoint), `best.safetensors`, `final.safetensors`, `results.csv` and `tensorboard/`.
 * A run that was killed goes on from its checkpoint with `resume: true` and ends with the very weights of an unbroken run, as far as the
 * step itself repeats: with the same machines, the same number of TensorFlow threads, and chance from `context.random` only. A checkpoint is
 * written before every evaluation: when that fails, a resumed run makes up for it.
 *
 * With a `cluster` the other workers call it too, each in its process; a run may be resumed by another number of workers.
 *
 * @throws ClusterError when another worker fails, or is lost; {@link NonFiniteLossError} before a loss or gradient that is not finite reaches the weights; {@link CheckpointError};
 *   {@link FrozenRandomWeightsError}; {@link InvalidArgumentError}; and whatever step, loader or evaluation throw.
 */
export async function trainLoop<B extends TrainBatch>(options: TrainOptions<B>): Promise<TrainResult> {
  const team = new Team(options.cluster);
  try {
    return await train(options, team);
  } catch (error) {
    await team.fail(error);
    throw error;
  }
}

async function train<B extends TrainBatch>(options: TrainOptions<B>, team: Team): Promise<TrainResult> {
  const { weights, loader, optimizer, schedule, seed = 0 } = options;
  const folder = team.leads ? options.folder : undefined;
  const { accumulate = 1, clipNorm, ema, evaluateEvery = 1, checkpointEvery = 1, checkpointEverySteps } = options;
  const { seconds, patience } = options;
  const { epochs, totalSteps, perEpoch, planned } = lengthOf(options);
  checkShard(options, team);
  const frozen = options.freezing === undefined ? undefined : frozenWeights(Object.keys(weights), options.freezing);
  const learned = Object.keys(weights).filter((name) => !isStatisticName(name) && !frozen?.includes(name));

  const checkpointPath = folder === undefined ? undefined : join(folder, CHECKPOINT_FILE);
  const checkpoint = await resumeFrom(checkpointPath, options);
  await team.compare(factsOf(options), weights);
  const begun = startOf(checkpoint, { workers: team.size, perEpoch, accumulate });
  const { resumed, epochLog, loggedSteps, ...start } = await team.begin(begun, { weights, optimizer, ema });
  let { step, position, best } = start;
  const budget = seconds === undefined ? undefined : new TimeBudget(seconds, planned, start);
  /** Why the run is over, once it is. */
  let ended: TrainResult['reason'] | undefined = endOf(step >= totalSteps, budget?.pace.over);
  /** Updates for the schedule. */
  let place = budget?.pace.place ?? Math.max(0, step - 1);
  const { tensorBoard = true, logEvery = 10 } = options;
  const progress = team.leads ? (options.progress ?? true) : false;
  const batches = loader.batchesPerEpoch;
  const unreadable = () => loader.unreadable ?? [];
  const evaluationsAfter = (done: number) =>
    options.evaluate === undefined ? 0 : evaluationsLeft(done, { totalSteps, perEpoch, evaluateEvery });
  const secondsLeft = () => budget?.left;
  const length = { batches, epochs, totalSteps, firstStep: step };
  const log = { folder, tensorBoard, progress, logEvery, ...length, loggedSteps, resumed };
  const journal = new Journal(
    { ...log, evaluationsAfter, secondsLeft, unreadable: () => unreadable().length },
    epochLog,
  );
  const interrupt = watchInterrupt(options.handleInterrupt ?? true, options.signal, journal.progress.line);
  const sum = new GradientSum();
  let exchange: GradientExchange | undefined;

  const save = async () => {
    if (checkpointPath === undefined) return;
    const state = {
      step,
      position,
      seed,
      optimizer: { kind: optimizer.kind, steps: optimizer.steps },
      epochLog: journal.epochLog,
    };
    const extras = {
      ...(best === undefined ? {} : { best }),
      ...(ema === undefined ? {} : { emaUpdates: ema.updates }),
      ...(options.settings === undefined ? {} : { settings: options.settings }),
      ...(team.size === 1 ? {} : { workers: team.size }),
      ...(budget === undefined ? {} : { seconds: budget.spent, evaluations: budget.evaluations }),
    };
    const tensors = { model: weights, buffers: optimizer.buffers(), ema: ema?.weights() ?? {} };
    await saveCheckpoint(checkpointPath, { ...state, ...extras }, tensors);
  };
  const { evaluate: evaluation } = options;
  const isDue = (epochsDone: number) =>
    evaluation !== undefined && (ended !== undefined || epochsDone % evaluateEvery === 0);
  const evaluate = async (epochsDone: number): Promise<Metrics | undefined> => {
    if (evaluation === undefined || !isDue(epochsDone)) return undefined;
    // If it fails, the epoch is not lost: its log is still open in the checkpoint, and a resumed run begins with its end.
    await save();
    const context = { step, epoch: epochsDone };
    const current = averaged(weights, ema?.weights());
    if (typeof evaluation === 'function')
      return team.leads ? unlessStopped(async () => evaluation(current, context)) : undefined;
    const shard = { index: team.index, count: team.size };
    const found = await team.gathered(await unlessStopped(() => evaluation.part(current, shard, context)));
    return team.leads && found !== undefined ? evaluation.metrics(found, context) : undefined;
  };
  /** Stopped in the evaluation: the epoch's work is saved, and its end is left to the resumed run. */
  const unlessStopped = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (options.signal?.aborted && error === options.signal.reason) return undefined;
      throw error;
    }
  };
  /** Whether the metric has not grown for too long. */
  const isStale = (epochsDone: number) => patience !== undefined && epochsDone - (best?.epoch ?? 0) >= patience;
  /** @returns whether anyone wants to stop. */
  const endEpoch = async (epochsDone: number): Promise<boolean> => {
    const began = performance.now();
    const due = isDue(epochsDone);
    const { metrics, stop } = await team.evaluated(await evaluate(epochsDone), () => interrupt.requested);
    if (due && metrics === undefined) {
      // Nor has it ended in another way: what ends with an evaluation that nobody made has no last metric.
      ended = undefined;
      return true;
    }
    if (metrics !== undefined) budget?.evaluation((performance.now() - began) / 1000);
    const value = options.best === undefined ? undefined : metrics?.[options.best.metric];
    if (metrics !== undefined && options.best !== undefined && value === undefined) {
      const known = `one of evaluate's: ${Object.keys(metrics).join(', ')}`;
      throw new InvalidArgumentError('trainLoop', 'best.metric', options.best.metric, known);
    }
    const improved = value !== undefined && isBetter(value, best?.value, options.best!.mode);
    if (improved) {
      best = { metric: options.best!.metric, value, epoch: epochsDone };
      if (folder !== undefined) await saveWeights(options, join(folder, BEST_FILE), averaged(weights, ema?.weights()));
    }
    journal.epochEnd(epochsDone, step, schedule(place, Math.max(0, step - 1)), metrics, improved);
    if (metrics !== undefined && isStale(epochsDone)) ended ??= 'patience';
    return stop;
  };

  try {
    if (frozen !== undefined) journal.progress.line(describeFrozen(Object.keys(weights), frozen));
    if (resumed) journal.progress.line(`resumed at step ${step}, epoch ${position.epoch + 1}`);
    const epochIsOver = position.batch === 0 || ended !== undefined;
    let stop = false;
    if (resumed && epochIsOver && journal.epochLog.count > 0) {
      stop = await endEpoch(position.epoch + (position.batch > 0 ? 1 : 0));
      await save();
    } else if (resumed && isStale(position.epoch - (position.epoch % evaluateEvery))) ended ??= 'patience';
    stop ||= ended !== undefined || (team.size === 1 && interrupt.requested);
    if (!stop) {
      let shares: Metrics[] = [];
      const changed = new Set<string>();
      for await (const batch of loader.batches(position)) {
        const { epoch, next } = batch;
        const names = batch.samples.map(({ name }) => name);
        const epochEnds = next.epoch > epoch;
        const lastOfUpdate = sum.count + 1 >= accumulate || epochEnds;
        exchange = lastOfUpdate ? team.beginExchange(learned, weights) : undefined;
        let result: StepResult;
        try {
          const random = seededRandom(seed, 'step', epoch, batch.batch, ...(team.leads ? [] : [team.index]));
          const work = () => options.step(weights, batch, { step, epoch, random });
          const tell: GradientListener = (name, gradient) => exchange!.ready(name, gradient, sum);
          result = await (exchange === undefined ? work() : listeningTo(weights, tell, work));
        } finally {
          batch.dispose();
        }
        const losses = withTotal(result.losses);
        replaceStatistics(weights, result, losses, step, names);
        for (const name of Object.keys(result.statistics ?? {})) changed.add(name);
        exchange?.compare(result.gradients);
        sum.add(result.gradients);
        shares.push(losses);
        position = next;
        if (lastOfUpdate) {
          const share = 1 / sum.count;
          const pace = budget?.pace ?? { place: step, over: false };
          const own = { losses: shares, position, stop: interrupt.requested, pace };
          const { gradients, ...agreed } = await team.average(own, sum.take(), weights, changed, exchange);
          for (const batchLosses of agreed.losses) journal.batch(batchLosses);
          shares = [];
          changed.clear();
          place = agreed.pace.place;
          const learningRate = schedule(place, step);
          const norm = gradientNorm(gradients) * share;
          if (!Number.isFinite(norm)) {
            tf.dispose(gradients);
            throw new NonFiniteLossError(step, 'the gradient', losses, names);
          }
          const gradientScale = share * (clipNorm === undefined ? 1 : clipScale(norm, clipNorm));
          optimizer.update(weights, gradients, { learningRate, gradientScale });
          tf.dispose(gradients);
          ema?.update(weights);
          step++;
          journal.update(step, epoch, batch.batch + 1, learningRate, norm);
          ended = endOf(step >= totalSteps, agreed.pace.over);
          stop = agreed.stop;
          if ((epochEnds || ended !== undefined) && (await endEpoch(epoch + 1))) stop = true;
          stop ||= ended !== undefined;
          const saves = epochEnds
            ? (epoch + 1) % checkpointEvery === 0
            : step % (checkpointEverySteps ?? Number.POSITIVE_INFINITY) === 0;
          if (stop || saves) await save();
          if (stop) break;
        }
        // TensorFlow blocks the event loop: let decoded pictures, signals and timers in.
        await setImmediate();
      }
    }
    const reason = ended ?? 'interrupted';
    if (reason !== 'interrupted' && folder !== undefined) {
      await saveWeights(options, join(folder, FINAL_FILE), averaged(weights, ema?.weights()));
    }
    if (reason === 'patience') {
      const since = best === undefined ? `a number in ${position.epoch} epochs` : `better since epoch ${best.epoch}`;
      journal.progress.line(`ended, as ${options.best!.metric} has not been ${since}`);
    }
    if (reason === 'interrupted') journal.progress.line(`interrupted at step ${step}; the run can be resumed`);
    return { reason, steps: step, position, best, rows: journal.rows, unreadable: unreadable() };
  } finally {
    sum.dispose();
    exchange?.dispose();
    interrupt.stop();
    journal.close();
  }
}

/**
 * Where a run goes on. With another number of workers an epoch has another number of batches: then it is the batch before which as many
 * samples were seen, or a few less, and the updates that come before it.
 */
function startOf(
  checkpoint: Checkpoint | undefined,
  now: { readonly workers: number; readonly perEpoch: number; readonly accumulate: number },
): Start {
  const epochLog = checkpoint?.epochLog ?? { sums: {}, count: 0 };
  if (checkpoint === undefined)
    return { resumed: false, step: 0, loggedSteps: 0, position: { epoch: 0, batch: 0 }, epochLog };
  const { step: loggedSteps, position, best, seconds, evaluations, workers = 1 } = checkpoint;
  const start = { resumed: true, loggedSteps, epochLog, ...defined({ best, seconds, evaluations }) };
  if (workers === now.workers) return { ...start, step: loggedSteps, position };
  // Updates are of whole groups of batches.
  const updates = Math.floor((position.batch * workers) / (now.workers * now.accumulate));
  const batch = updates * now.accumulate;
  return { ...start, step: position.epoch * now.perEpoch + updates, position: { epoch: position.epoch, batch } };
}

const endOf = (allDone: boolean, timeOver = false): 'finished' | 'time' | undefined =>
  allDone ? 'finished' : timeOver ? 'time' : undefined;

/** What must be alike on all workers. */
function factsOf<B extends TrainBatch>(options: TrainOptions<B>): Readonly<Record<string, unknown>> {
  const { settings, epochs, steps, seconds, patience, accumulate, clipNorm, seed, evaluateEvery } = options;
  const { optimizer, loader, ema } = options;
  const run = {
    epochs,
    steps,
    seconds,
    patience,
    accumulate,
    clipNorm,
    seed,
    evaluateEvery,
    optimizer: optimizer.kind,
  };
  return { settings, run: { ...run, batchesPerEpoch: loader.batchesPerEpoch, averages: ema !== undefined } };
}

/** Workers that all see everything would each do the work of one. */
function checkShard<B extends TrainBatch>({ loader }: TrainOptions<B>, { index, size }: Team): void {
  const { shard = { index: 0, count: 1 } } = loader;
  if (shard.index === index && shard.count === size) return;
  const expected = `{ index: ${index}, count: ${size} }, this worker's place`;
  throw new InvalidArgumentError('trainLoop', 'loader.shard', shard, expected);
}

async function resumeFrom<B extends TrainBatch>(
  path: string | undefined,
  options: TrainOptions<B>,
): Promise<Checkpoint | undefined> {
  if (path === undefined || !existsSync(path)) return undefined;
  await checkRun(dirname(path), options);
  const checkpoint = await loadCheckpoint(path);
  const { model, buffers, ema, optimizer, emaUpdates, seed } = checkpoint;
  try {
    if (optimizer.kind !== options.optimizer.kind) {
      throw new CheckpointError(path, `is of optimizer ${optimizer.kind}, this run has ${options.optimizer.kind}`);
    }
    if (seed !== (options.seed ?? 0))
      throw new CheckpointError(path, `is of seed ${seed}, this run has ${options.seed ?? 0}`);
    if ((emaUpdates === undefined) !== (options.ema === undefined)) {
      throw new CheckpointError(
        path,
        emaUpdates === undefined ? 'has no averaged weights' : 'has averaged weights, this run has no ema',
      );
    }
    replaceWeights(path, options.weights, model);
  } catch (error) {
    tf.dispose([model, buffers, ema]);
    throw error;
  }
  options.optimizer.restore(buffers, optimizer.steps);
  options.ema?.restore(ema, emaUpdates ?? 0);
  return checkpoint;
}

/** Takes over new running statistics, after a look at the losses: a loss that is not finite must leave no trace. */
function replaceStatistics(
  weights: StateDict,
  result: StepResult,
  losses: Metrics,
  step: number,
  names: readonly string[],
): void {
  const { gradients, statistics = {} } = result;
  const bad = Object.entries(losses).find(([, value]) => !Number.isFinite(value));
  if (bad !== undefined) {
    tf.dispose([{ ...gradients }, { ...statistics }]);
    throw new NonFiniteLossError(step, `loss ${bad[0]}`, losses, names);
  }
  for (const [name, tensor] of Object.entries(statistics)) {
    weights[name]?.dispose();
    weights[name] = tf.keep(tensor);
  }
}

function withTotal(losses: Metrics): Metrics {
  if ('total' in losses) return losses;
  return { ...losses, total: Object.values(losses).reduce((sum, value) => sum + value, 0) };
}

/** The averages, and the weights themselves where there are none. */
const averaged = (weights: Readonly<StateDict>, averages: Readonly<StateDict> = {}): Readonly<StateDict> => ({
  ...weights,
  ...averages,
});

function isBetter(value: number, old: number | undefined, mode: 'max' | 'min' = 'max'): boolean {
  if (Number.isNaN(value)) return false;
  return old === undefined || (mode === 'max' ? value > old : value < old);
}

async function saveWeights<B extends TrainBatch>(
  options: TrainOptions<B>,
  path: string,
  weights: Readonly<StateDict>,
): Promise<void> {
  await (options.saveWeights?.(path, weights) ?? saveStateDict(weights, path, { layout: 'tensorflow' }));
}
