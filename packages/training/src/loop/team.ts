/**
 * What the loop does together with the other workers of a cluster: compare, share, average, agree. A run of one worker goes the same way
 * with nobody to ask.
 *
 * Beside every exchange of tensors there is one of texts in which each worker says how it is, so that a worker that fails at whatever place
 * can say so in its next text: the others read it in theirs, and nobody waits for tensors that do not come.
 */
import { type Cluster, ClusterError } from '@icconv/tensor-ops/collectives';
import { engineInfo } from '@icconv/tensor-ops/engine';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { DataPosition } from '../loader/types';
import type { Ema } from '../optimizers/ema';
import type { Optimizer, StateDict } from '../optimizers/types';
import type { CheckpointState } from './checkpoint';
import { GradientExchange } from './exchange';
import { settingDifferences } from './run-settings';
import type { Pace } from './time-budget';
import type { Metrics } from './types';

/** What one worker says of its part of an update. */
export interface Share {
  /** Of each batch since the last update. */
  readonly losses: readonly Metrics[];
  /** The next batch. */
  readonly position: DataPosition;
  readonly stop: boolean;
  /** Worker 0's counts. */
  readonly pace: Pace;
}

/** What is trained, on every worker. */
export interface Trained {
  readonly weights: StateDict;
  readonly optimizer: Optimizer;
  readonly ema: Ema | undefined;
}

/** Where a run begins, of which worker 0 knows. */
export type Start = Pick<CheckpointState, 'step' | 'position' | 'best' | 'epochLog' | 'seconds' | 'evaluations'> & {
  readonly resumed: boolean;
  /** Updates by the count of the run's logs. */
  readonly loggedSteps: number;
};

/** The longest that one worker's evaluation may take; the others wait for it, and would notice its death at once. */
const EVALUATION_SECONDS = 7 * 24 * 3600;

type Message = Readonly<Record<string, unknown>>;

export class Team {
  readonly #cluster: Cluster | undefined;

  constructor(cluster: Cluster | undefined) {
    this.#cluster = cluster;
  }

  get index(): number {
    return this.#cluster?.index ?? 0;
  }

  get size(): number {
    return this.#cluster?.size ?? 1;
  }

  /** Whether this worker evaluates and writes. */
  get leads(): boolean {
    return this.index === 0;
  }

  /** @throws ClusterError where a worker's facts are not those of worker 0. */
  async compare(facts: Message, weights: Readonly<StateDict>): Promise<void> {
    if (this.#cluster === undefined) return;
    const shapes = Object.fromEntries(Object.entries(weights).map(([name, { shape }]) => [name, shape.join()]));
    const versions = { tensorflow: engineInfo().version, tfjs: tf.version_core };
    const all = await this.#talk({ ...facts, weights: shapes, versions });
    const differing = all.flatMap((other, index) => {
      const list = settingDifferences(all[0], other, '', ['on worker 0', `on worker ${index}`]);
      return list.length === 0 ? [] : [{ index, list }];
    });
    if (differing.length === 0) return;
    const lines = differing.flatMap(({ list }) => list.slice(0, 10).map((line) => `\n  ${line}`));
    throw new ClusterError(
      differing.map(({ index }) => index),
      `the workers are to train different things:${lines.join('')}`,
    );
  }

  /** Gives all workers the weights, buffers and averages of worker 0, and its place in the run. */
  async begin(start: Start, trained: Trained): Promise<Start> {
    if (this.#cluster === undefined) return start;
    const { weights, optimizer, ema } = trained;
    const shapes = (dict: Readonly<StateDict>) =>
      Object.entries(dict).map(([name, { shape }]) => [name, shape] as const);
    const own = {
      ...{ start, steps: optimizer.steps, updates: ema?.updates ?? 0 },
      ...{
        weights: Object.keys(weights),
        buffers: shapes(optimizer.buffers()),
        averages: shapes(ema?.weights() ?? {}),
      },
    };
    const [first] = (await this.#talk(own)) as unknown as [typeof own];
    Object.assign(
      weights,
      await this.#ofFirst(
        first.weights.map((name) => [name, weights[name]!.shape]),
        weights,
        true,
      ),
    );
    const buffers = await this.#ofFirst(first.buffers, optimizer.buffers(), false);
    const averages = await this.#ofFirst(first.averages, ema?.weights() ?? {}, false);
    if (!this.leads) {
      optimizer.restore(buffers, first.steps);
      ema?.restore(averages, first.updates);
    } else tf.dispose([buffers, averages]);
    return first.start;
  }

  /** Tensors of worker 0 by name; where they take the places of `own`, those are disposed. */
  async #ofFirst(
    shapes: readonly (readonly [name: string, shape: readonly number[]])[],
    own: Readonly<StateDict>,
    replace: boolean,
  ): Promise<StateDict> {
    const made: Tensor[] = [];
    const given = shapes.map(([name, shape]) => {
      if (replace || this.leads) return own[name]!;
      made.push(tf.zeros([...shape]));
      return made.at(-1)!;
    });
    const received = await this.#cluster!.broadcast(given);
    tf.dispose(replace ? given : made);
    return Object.fromEntries(shapes.map(([name], i) => [name, tf.keep(received[i]!)]));
  }

  /** The exchange of an update's gradients, to be told of them as they come; none without others. */
  beginExchange(names: readonly string[], weights: Readonly<StateDict>): GradientExchange | undefined {
    return this.#cluster === undefined ? undefined : new GradientExchange(this.#cluster, names, weights);
  }

  /**
   * Averages an update over the workers: gradients, of which it takes possession and gives others, and in `weights` the running statistics that its batches
   * have changed. A gradient that a worker lacks counts as 0 there.
   *
   * @param exchange - begun for this update, some gradients may be under way.
   * @returns losses that are averaged too, batch by batch, whether anyone wants to stop, and worker 0's pace.
   */
  async average(
    share: Share,
    gradients: StateDict,
    weights: StateDict,
    statistics: ReadonlySet<string>,
    exchange: GradientExchange | undefined,
  ): Promise<Omit<Share, 'position'> & { readonly gradients: StateDict }> {
    if (this.#cluster === undefined || exchange === undefined) {
      const { losses, stop, pace } = share;
      return { losses, stop, pace, gradients };
    }
    try {
      return await this.#average(this.#cluster, share, gradients, weights, statistics, exchange);
    } finally {
      tf.dispose(gradients);
    }
  }

  async #average(
    cluster: Cluster,
    share: Share,
    gradients: Readonly<StateDict>,
    weights: StateDict,
    statistics: ReadonlySet<string>,
    exchange: GradientExchange,
  ): ReturnType<Team['average']> {
    const exchanged = exchange.finish(gradients);
    exchanged.catch(() => {});
    const given = Object.keys(gradients).sort();
    const names = { gradients: given, statistics: [...statistics].sort(), changed: [...exchange.changed].sort() };
    const digest = hashOf(names);
    const all = (await this.#talk({ ...share, digest })) as unknown as readonly (Share & { digest: number })[];
    const astray = all.findIndex(({ position }) => settingDifferences(all[0]!.position, position).length > 0);
    if (astray >= 0) {
      const at = ({ epoch, batch }: DataPosition) => `batch ${batch} of epoch ${epoch}`;
      const places = `${at(all[0]!.position)}, worker ${astray} at ${at(all[astray]!.position)}`;
      throw new ClusterError([astray], `the loaders are out of step: worker 0 is at ${places}`);
    }
    const union = all.every((other) => other.digest === digest) ? names : await this.#union(names);
    const current = union.statistics.map((name) => weights[name]!);
    const [means, statisticMeans] = await Promise.all([exchanged, cluster.allReduceMean(current)]);
    tf.dispose(current);
    for (const [i, name] of union.statistics.entries()) weights[name] = tf.keep(statisticMeans[i]!);
    const changed = new Set(union.changed);
    const again = union.gradients.filter((name) => means[name] === undefined || changed.has(name));
    tf.dispose(again.flatMap((name) => means[name] ?? []));
    if (again.length > 0) Object.assign(means, await new GradientExchange(cluster, again, weights).finish(gradients));
    const had = new Set(union.gradients);
    for (const name of Object.keys(means).filter((each) => !had.has(each))) {
      // No worker has it.
      means[name]!.dispose();
      delete means[name];
    }
    return {
      losses: share.losses.map((_, batch) => meanOf(all.map(({ losses }) => losses[batch]!))),
      stop: all.some(({ stop }) => stop),
      pace: all[0]!.pace,
      gradients: means,
    };
  }

  async #union(names: Record<'gradients' | 'statistics' | 'changed', string[]>): Promise<typeof names> {
    const all = (await this.#talk(names)) as unknown as readonly (typeof names)[];
    const merged = (key: keyof typeof names) => [...new Set(all.flatMap((other) => other[key]))].sort();
    return { gradients: merged('gradients'), statistics: merged('statistics'), changed: merged('changed') };
  }

  /** What all workers found, in their order; undefined where one has stopped. */
  async gathered(part: readonly unknown[] | undefined): Promise<readonly unknown[] | undefined> {
    if (this.#cluster === undefined) return part;
    const all = (await this.#talk({ part }, EVALUATION_SECONDS)) as unknown as readonly { part?: unknown[] }[];
    const parts = all.map((other) => other.part);
    return parts.includes(undefined) ? undefined : parts.flatMap((own) => own!);
  }

  /** What worker 0 measured, for which the others wait; and whether anyone wants to stop. */
  async evaluated(
    metrics: Metrics | undefined,
    stop: () => boolean,
  ): Promise<{ readonly metrics: Metrics | undefined; readonly stop: boolean }> {
    if (this.#cluster === undefined) return { metrics, stop: stop() };
    const own = { metrics, stop: stop() };
    const all = (await this.#talk(own, EVALUATION_SECONDS)) as unknown as (typeof own)[];
    return { metrics: withNaN(all[0]!.metrics), stop: all.some((other) => other.stop) };
  }

  /** Says why this worker ends to those that wait for it. */
  async fail(error: unknown): Promise<void> {
    if (this.#cluster === undefined || ClusterError.isInstance(error)) return;
    const reason = error instanceof Error ? error.message : String(error);
    await this.#cluster.gatherTexts(JSON.stringify({ error: reason.slice(0, 2000) })).catch(() => {});
    this.#cluster.abort(reason);
  }

  /** @throws ClusterError with the reason of a worker that has failed. */
  async #talk(message: Message, timeoutSeconds?: number): Promise<Message[]> {
    const { gatherTexts, workers } = this.#cluster!;
    const texts = await gatherTexts(JSON.stringify(message), timeoutSeconds === undefined ? {} : { timeoutSeconds });
    const all = texts.map((text) => JSON.parse(text) as Message);
    const failed = all.flatMap(({ error }, index) => (typeof error === 'string' ? [{ index, error }] : []));
    if (failed.length === 0) return all;
    const reason = failed.map(({ index, error }) => `worker ${index} (${workers[index]}) ended: ${error}`).join('; ');
    // Tensors may be under way that will not come.
    this.#cluster!.abort(reason);
    throw new ClusterError(
      failed.map(({ index }) => index),
      reason,
    );
  }
}

/** JSON has no NaN and writes null. */
const withNaN = (metrics: Metrics | undefined): Metrics | undefined =>
  metrics && Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, value ?? Number.NaN]));

/** Of each loss over the workers that have it. */
function meanOf(all: readonly Metrics[]): Metrics {
  const names = [...new Set(all.flatMap((losses) => Object.keys(losses)))];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return Object.fromEntries(
    names.map((name) => [name, mean(all.flatMap((losses) => (losses[name] === undefined ? [] : [losses[name]])))]),
  );
}

/** FNV-1a of 32 bits. */
function hashOf(value: unknown): number {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify(value)) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  return hash;
}
