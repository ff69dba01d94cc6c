/** Gradients by name: computing, summing, and measuring them. */
import { globalNorm, InvalidArgumentError, linearCombination } from '@icconv/tensor-ops';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { MissingGradientsError } from '../errors';
import { releaseAsUsed } from './release-as-used';
import type { StateDict } from './types';

/** What a training step hands to the loop. */
export interface StepResult {
  /** Each loss for the logs; `total` is their sum unless given. */
  readonly losses: Readonly<Record<string, number>>;
  /** By name of the weight. The loop disposes them. */
  readonly gradients: Readonly<StateDict>;
  /** New values of weights that do not learn by gradient, such as running statistics, by name. The loop takes possession of them. */
  readonly statistics?: Readonly<StateDict>;
}

export interface LossResult {
  /** Scalars, whose sum is minimised. */
  readonly losses: Readonly<Record<string, Scalar>>;
  readonly statistics?: Readonly<StateDict>;
}

/** Told of each gradient as soon as the backward pass has it, before those of earlier layers; it stays the teller's. */
export type GradientListener = (name: string, gradient: Tensor) => void;
const listeners = new WeakMap<Readonly<StateDict>, GradientListener>();

/** While `work` runs, `lossGradients` of these very weights tells the listener. */
export async function listeningTo<T>(
  weights: Readonly<StateDict>,
  listener: GradientListener,
  work: () => T | Promise<T>,
): Promise<T> {
  listeners.set(weights, listener);
  try {
    return await work();
  } finally {
    listeners.delete(weights);
  }
}

/**
 * Weights that pass through an identity when they are first asked for. TensorFlow.js goes back over its tape in reverse, so the gradient of
 * that identity is asked for when all that used the weight has been gone through.
 */
function tapped(weights: Readonly<StateDict>, names: readonly string[], tell: GradientListener) {
  const taps: StateDict = {};
  const wanted = new Set(names);
  const tap = (name: string) => {
    const identity = tf.customGrad((weight) => ({
      value: tf.clone(weight as Tensor),
      gradFunc: (gradient: Tensor) => {
        tell(name, gradient);
        return tf.clone(gradient);
      },
    }));
    return tf.keep(identity(weights[name]!));
  };
  const own = new Proxy(weights, {
    get(target, name: string) {
      if (!wanted.has(name)) return target[name];
      taps[name] ??= tap(name);
      return taps[name];
    },
  });
  return { own, taps };
}

/**
 * Losses and their gradients with respect to some weights.
 *
 * @param trainable - which weights; the others are constants. A weight that no loss depends on gets no gradient.
 * @param compute - losses from the weights; called once. What it makes besides its result is disposed.
 * @throws {@link MissingGradientsError} on a backend without gradients.
 */
export function lossGradients(
  weights: Readonly<StateDict>,
  trainable: (name: string) => boolean,
  compute: (weights: Readonly<StateDict>) => LossResult,
): Required<StepResult> {
  // The losses are added by AddN: without its gradient every training would end there.
  if (tf.getGradient('AddN') === undefined) throw new MissingGradientsError(tf.getBackend());
  const names = Object.keys(weights).filter(trainable);
  const listener = listeners.get(weights);
  const { own, taps } = listener === undefined ? { own: weights, taps: {} } : tapped(weights, names, listener);
  let outcome: LossResult | undefined;
  const { value, grads } = tf.engine().gradients(
    () => {
      outcome = compute(own);
      const losses = Object.values(outcome.losses);
      if (losses.length === 0) throw new InvalidArgumentError('lossGradients', 'losses', [], 'at least one scalar');
      for (const kept of [...losses, ...Object.values(outcome.statistics ?? {})]) tf.keep(kept);
      const total = tf.addN(losses.map((loss) => tf.reshape(loss, [])));
      releaseAsUsed();
      return total;
    },
    names.map((name) => weights[name]!),
    undefined as unknown as Tensor,
    true,
  );
  const losses = Object.fromEntries(
    Object.entries(outcome!.losses).map(([name, loss]) => [name, loss.dataSync()[0]!] as const),
  );
  const total = value.dataSync()[0]!;
  tf.dispose([value, taps, ...Object.values(outcome!.losses)]);
  const gradients: StateDict = {};
  for (const [i, name] of names.entries()) if (grads[i] != null) gradients[name] = grads[i]!;
  return { losses: { ...losses, total }, gradients, statistics: outcome!.statistics ?? {} };
}

/** The norm of all gradients together, 0 for none. */
export function gradientNorm(gradients: Readonly<StateDict>): number {
  const tensors = Object.values(gradients);
  if (tensors.length === 0) return 0;
  const norm = globalNorm(tensors);
  const value = norm.dataSync()[0]!;
  norm.dispose();
  return value;
}

/** The factor that shortens gradients of this norm to `maxNorm`, as torch.nn.utils.clip_grad_norm_. */
export const clipScale = (norm: number, maxNorm: number): number => Math.min(1, maxNorm / (norm + 1e-6));

/** Sums gradients over several batches. */
export class GradientSum {
  #sum: StateDict = {};
  #count = 0;

  /** Batches summed. */
  get count(): number {
    return this.#count;
  }

  /** That of one weight so far, which stays the sum's. */
  of(name: string): Tensor | undefined {
    return this.#sum[name];
  }

  /** Adds gradients and disposes them. A gradient that some batches lack counts as 0 there. */
  add(gradients: Readonly<StateDict>): void {
    this.#count++;
    const names = Object.keys(gradients);
    const known = names.filter((name) => this.#sum[name] !== undefined);
    const [old, added] = [known.map((name) => this.#sum[name]!), known.map((name) => gradients[name]!)];
    const sums = linearCombination(1, old, 1, added);
    tf.dispose([...old, ...added]);
    for (const [i, name] of known.entries()) this.#sum[name] = tf.keep(sums[i]!);
    for (const name of names) this.#sum[name] ??= tf.keep(gradients[name]!);
  }

  /** The sum so far, which becomes the caller's; starts anew. */
  take(): StateDict {
    const sum = this.#sum;
    this.#sum = {};
    this.#count = 0;
    return sum;
  }

  dispose(): void {
    tf.dispose(this.take());
  }
}
