import type { Cluster } from '@icconv/tensor-ops/collectives';
import type { DataPosition, Shard, UnreadablePicture } from '../loader/types';
import type { Progress } from '../logs/progress';
import type { ResultRow } from '../logs/results-csv';
import type { Ema } from '../optimizers/ema';
import type { StepResult } from '../optimizers/gradients';
import type { Optimizer, StateDict } from '../optimizers/types';
import type { Random } from '../random/random';
import type { Schedule } from '../schedules/schedules';
import type { FreezingOptions } from './freezing';
import type { RunOptions } from './run-settings';

/** What the loop needs of a batch; those of `createLoader` have it. */
export interface TrainBatch extends DataPosition {
  readonly next: DataPosition;
  readonly samples: readonly { readonly name: string }[];
  dispose(): void;
}

export interface TrainData<B extends TrainBatch> {
  readonly batchesPerEpoch: number;
  /** Pictures that were left out so far; counted in the log. */
  readonly unreadable?: readonly UnreadablePicture[];
  /** Which part of the data this worker has; all where there is none. */
  readonly shard?: Shard | undefined;
  batches(from?: DataPosition): AsyncIterable<B>;
}

export interface StepContext {
  /** Updates done. */
  readonly step: number;
  readonly epoch: number;
  /** Chance of this batch: the same after a resume. */
  readonly random: Random;
}

export type Metrics = Readonly<Record<string, number>>;

export interface EvaluateContext {
  readonly step: number;
  /** Epochs done. */
  readonly epoch: number;
}

/** An evaluation of which each worker of a cluster does a part. */
export interface SharedEvaluation<P = unknown> {
  /**
   * What one worker finds; crosses to worker 0 as JSON.
   *
   * @param shard - which part; all where there is one worker.
   */
  part(weights: Readonly<StateDict>, shard: Shard, context: EvaluateContext): Promise<readonly P[]>;
  /** @param found - what all found, in the workers' order. Called on worker 0 alone. */
  metrics(found: readonly P[], context: EvaluateContext): Metrics;
}

export interface TrainOptions<B extends TrainBatch> extends RunOptions {
  /** Weights and running statistics by name; entries are replaced as training goes on, the old tensors disposed. */
  readonly weights: StateDict;
  /** Losses and gradients of one batch. */
  readonly step: (weights: Readonly<StateDict>, batch: B, context: StepContext) => StepResult | Promise<StepResult>;
  readonly loader: TrainData<B>;
  readonly optimizer: Optimizer;
  /** Learning rate by the number of updates done. */
  readonly schedule: Schedule;
  /** Length of the training; at least one of `epochs` and `steps`, and the shorter counts. */
  readonly epochs?: number;
  /** Updates. */
  readonly steps?: number;
  /**
   * Length in seconds instead of `epochs`, over which their schedule is laid. Evaluations count, and the last one, as long as those before
   * it, has its part of the time. Interruptions do not count. @defaultValue no limit
   */
  readonly seconds?: number;
  /** Epochs without a better value of `best`'s metric after which the training ends. @defaultValue it goes on */
  readonly patience?: number;
  /** Batches whose mean gradient makes one update; what is left at the end of an epoch makes a smaller one. @defaultValue `1` */
  readonly accumulate?: number;
  /** Gradients are shortened to this norm. @defaultValue none */
  readonly clipNorm?: number;
  /** Average of the weights, which is then evaluated and kept as best. @defaultValue none */
  readonly ema?: Ema;
  /** Says which weights stay frozen, and refuses to freeze random ones. */
  readonly freezing?: FreezingOptions;
  /** Metrics by name. A function is called on worker 0 alone. */
  readonly evaluate?:
    | ((weights: Readonly<StateDict>, context: EvaluateContext) => Metrics | Promise<Metrics>)
    | SharedEvaluation;
  /** Epochs between evaluations; the last epoch is always evaluated. @defaultValue `1` */
  readonly evaluateEvery?: number;
  /** Keeps the weights with the best value of a metric of `evaluate`. @defaultValue mode `'max'` */
  readonly best?: { readonly metric: string; readonly mode?: 'max' | 'min' };
  /** Where checkpoint, best weights and logs go. @defaultValue nothing is written */
  readonly folder?: string;
  /** Epochs between checkpoints. @defaultValue `1` */
  readonly checkpointEvery?: number;
  /** Updates between checkpoints within an epoch. @defaultValue none */
  readonly checkpointEverySteps?: number;
  /** Writes best and final weights. @defaultValue safetensors in TensorFlow's layouts, which `loadStateDict` reads */
  readonly saveWeights?: (path: string, weights: Readonly<StateDict>) => Promise<unknown>;
  /** Of `context.random`. @defaultValue `0` */
  readonly seed?: number;
  /** Updates between points of the TensorBoard curves. @defaultValue `10` */
  readonly logEvery?: number;
  /** Event files for TensorBoard in the folder. @defaultValue `true` */
  readonly tensorBoard?: boolean;
  /** `false` for none. @defaultValue a bar on standard error, lines where it is no terminal */
  readonly progress?: Progress | boolean;
  /** Ctrl-C and SIGTERM save a checkpoint and end the training; a second one ends the process. @defaultValue `true` */
  readonly handleInterrupt?: boolean;
  /**
   * Trains with other workers, that each have a part of the data (`shard` of `createLoader`): all start from worker 0's weights and
   * checkpoint, gradients and running statistics are averaged before each update, losses for the logs too, so that weights stay alike to
   * the bit. Only worker 0 writes; the folder of others is not looked at. It stays the caller's to close.
   */
  readonly cluster?: Cluster;
  /** Its abortion is an interruption like Ctrl-C. Not for the loader, whose error would end the loop before it saves. */
  readonly signal?: AbortSignal;
}

export interface TrainResult {
  /** All updates done, the time is over, the metric did not grow for so long; `interrupted` runs go on with `resume: true`. */
  readonly reason: 'finished' | 'time' | 'patience' | 'interrupted';
  /** Updates done. */
  readonly steps: number;
  /** The next batch. */
  readonly position: DataPosition;
  readonly best: { readonly metric: string; readonly value: number; readonly epoch: number } | undefined;
  /** Rows of `results.csv`. */
  readonly rows: readonly ResultRow[];
  /** Pictures that this run left out, as they could not be read. */
  readonly unreadable: readonly UnreadablePicture[];
}
