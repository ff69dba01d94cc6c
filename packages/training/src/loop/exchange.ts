/**
 * The gradients of an update, exchanged while the backward pass goes on: each bucket as soon as its last gradient is there.
 *
 * What is exchanged, and in which buckets, is settled before the first step and alike on all workers: all weights that may learn, from the
 * last to the first, as a backward pass comes to them. So a worker that lacks a gradient delays nobody, and a resumed run has the sums of
 * an unbroken one in the same order. A bucket is sent when those before it are.
 */
import { linearCombination } from '@icconv/tensor-ops';
import { buckets, type Cluster } from '@icconv/tensor-ops/collectives';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { GradientSum } from '../optimizers/gradients';
import type { StateDict } from '../optimizers/types';

export class GradientExchange {
  readonly #cluster: Cluster;
  readonly #weights: Readonly<StateDict>;
  readonly #waiting: string[][];
  readonly #here = new Map<string, Tensor>();
  readonly #told = new Map<string, object>();
  readonly #sent: Promise<StateDict>[] = [];
  #changed: readonly string[] = [];

  /** @param names - of weights that may have gradients, the same on all workers. */
  constructor(cluster: Cluster, names: readonly string[], weights: Readonly<StateDict>) {
    this.#cluster = cluster;
    this.#weights = weights;
    const order = [...names].reverse();
    this.#waiting = buckets(order.map((name) => weights[name]!)).map((places) => places.map((i) => order[i]!));
  }

  /** A weight's gradient of the update's last batch, of which it takes no possession. @param earlier - of the batches before. */
  ready(name: string, gradient: Tensor, earlier: GradientSum): void {
    const before = earlier.of(name);
    const total = before === undefined ? tf.clone(gradient) : linearCombination(1, [before], 1, [gradient])[0]!;
    this.#here.set(name, tf.keep(total));
    this.#told.set(name, gradient.dataId);
    while (this.#waiting[0]?.every((each) => this.#here.has(each))) this.#send();
  }

  /** Weights whose gradients the step gave otherwise than they were told: what was sent of them is not to be used. */
  get changed(): readonly string[] {
    return this.#changed;
  }

  /** Looks at what the step gave for the update's last batch. */
  compare(gradients: Readonly<StateDict>): void {
    this.#changed = [...this.#told].flatMap(([name, data]) => (gradients[name]?.dataId === data ? [] : [name]));
  }

  /**
   * Sends what is left.
   *
   * @param gradients - all of this worker, which stay the caller's. One that it lacks counts as 0.
   * @returns means by name, which are the caller's.
   */
  async finish(gradients: Readonly<StateDict>): Promise<StateDict> {
    for (const name of this.#waiting.flat()) {
      if (this.#here.has(name)) continue;
      const own = gradients[name];
      this.#here.set(name, tf.keep(own === undefined ? tf.zeros(this.#weights[name]!.shape) : tf.clone(own)));
    }
    while (this.#waiting.length > 0) this.#send();
    const parts = await Promise.all(this.#sent);
    return Object.assign({}, ...parts);
  }

  /** What has not been sent. */
  dispose(): void {
    tf.dispose([...this.#here.values()]);
    this.#here.clear();
  }

  #send(): void {
    const names = this.#waiting.shift()!;
    const own = names.map((name) => this.#here.get(name)!);
    const means = this.#cluster.allReduceMean(own).then((all) => {
      return Object.fromEntries(names.map((name, i) => [name, tf.keep(all[i]!)]));
    });
    // Whoever waits for the workers' texts learns of a failure by them.
    means.catch(() => {});
    this.#sent.push(means);
    tf.dispose(own);
    for (const name of names) this.#here.delete(name);
  }
}
