import { linearCombination } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import { share } from './optimizer';
import type { StateDict } from './types';

export interface EmaOptions {
  /** Share of the old average that stays. @defaultValue `0.9998` */
  readonly decay?: number;
  /** The decay of the first updates is smaller, (1 + n) / (10 + n), so that the random start is forgotten. @defaultValue `true` */
  readonly warmUp?: boolean;
}

/** Exponential moving average of weights and running statistics. */
export interface Ema {
  readonly updates: number;
  /** The averages, which the EMA keeps; empty before the first update. */
  weights(): Readonly<StateDict>;
  update(weights: Readonly<StateDict>): void;
  /** Goes on from saved averages, of which it takes possession. */
  restore(averages: Readonly<StateDict>, updates: number): void;
  dispose(): void;
}

export function ema(options: EmaOptions = {}): Ema {
  const { decay = 0.9998, warmUp = true } = options;
  share('ema', 'decay', decay);
  let averages: StateDict = {};
  let updates = 0;
  return {
    get updates() {
      return updates;
    },
    weights: () => averages,
    update(weights) {
      const names = Object.keys(weights).filter((name) => weights[name]!.dtype === 'float32');
      const keep = warmUp ? Math.min(decay, (1 + updates) / (10 + updates)) : decay;
      const current = names.map((name) => weights[name]!);
      const old = names.map((name) => averages[name] ?? weights[name]!);
      const next = linearCombination(keep, old, 1 - keep, current);
      tf.dispose(averages);
      averages = Object.fromEntries(names.map((name, i) => [name, tf.keep(next[i]!)]));
      updates++;
    },
    restore(saved, done) {
      tf.dispose(averages);
      averages = { ...saved };
      updates = done;
    },
    dispose() {
      tf.dispose(averages);
      averages = {};
    },
  };
}
