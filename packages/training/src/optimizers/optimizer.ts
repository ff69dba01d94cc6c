/** What optimizers share: one fused call over all parameters, and buffers by name. */
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { CheckpointError } from '../errors';
import type { Optimizer, ParameterOptions, StateDict, UpdateOptions } from './types';

export interface Update {
  readonly parameters: Tensor[];
  readonly gradients: Tensor[];
  /** Old buffers, one list for each buffer's name. */
  readonly buffers: readonly Tensor[][];
  readonly rates: number[];
  readonly weightDecays: number[];
  readonly gradientScale: number;
  /** Of this update, from 1. */
  readonly step: number;
}

/** New parameters, then new buffers, as in {@link Update}. */
export type UpdateRule = (update: Update) => { readonly parameters: Tensor[]; readonly buffers: readonly Tensor[][] };

export function makeOptimizer(
  kind: string,
  bufferNames: readonly string[],
  options: ParameterOptions,
  rule: UpdateRule,
): Optimizer {
  const { weightDecay = 0, decays = () => true, rateFactor = () => 1 } = options;
  nonNegative(kind, 'weightDecay', weightDecay);
  let state: StateDict = {};
  let steps = 0;
  return {
    kind,
    get steps() {
      return steps;
    },
    update(weights: StateDict, gradients: Readonly<StateDict>, { learningRate, gradientScale = 1 }: UpdateOptions) {
      nonNegative(kind, 'learningRate', learningRate);
      const names = Object.keys(gradients);
      const parameters = names.map((name) => {
        const parameter = Object.hasOwn(weights, name) ? weights[name] : undefined;
        if (parameter === undefined)
          throw new InvalidArgumentError(kind, 'gradients', name, 'of names that weights have');
        return parameter;
      });
      const missing: Tensor[] = [];
      const buffers = bufferNames.map((buffer) =>
        names.map((name, i) => {
          const found = state[`${buffer}.${name}`];
          if (found !== undefined) return found;
          const zeros = tf.zerosLike(parameters[i]!);
          missing.push(zeros);
          return zeros;
        }),
      );
      let result: ReturnType<UpdateRule>;
      try {
        result = rule({
          parameters,
          gradients: names.map((name) => gradients[name]!),
          buffers,
          rates: names.map((name, i) => learningRate * rateFactor(name, parameters[i]!)),
          weightDecays: names.map((name, i) => (decays(name, parameters[i]!) ? weightDecay : 0)),
          gradientScale,
          step: steps + 1,
        });
      } finally {
        tf.dispose(missing);
      }
      for (const [i, name] of names.entries()) {
        parameters[i]!.dispose();
        weights[name] = tf.keep(result.parameters[i]!);
        for (const [b, buffer] of bufferNames.entries()) {
          const key = `${buffer}.${name}`;
          state[key]?.dispose();
          state[key] = tf.keep(result.buffers[b]![i]!);
        }
      }
      steps++;
    },
    buffers: () => state,
    restore(buffers, done) {
      for (const key of Object.keys(buffers)) {
        if (bufferNames.some((buffer) => key.startsWith(`${buffer}.`))) continue;
        throw new CheckpointError(
          'optimizer state',
          `buffer ${key} is none of ${kind}'s (${bufferNames.join(', ') || 'none'})`,
        );
      }
      tf.dispose(state);
      state = { ...buffers };
      steps = done;
    },
    dispose() {
      tf.dispose(state);
      state = {};
    },
  };
}

export function nonNegative(op: string, name: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value)))
    throw new InvalidArgumentError(op, name, value, 'a number of at least 0');
}

export function share(op: string, name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new InvalidArgumentError(op, name, value, 'a number from 0 to below 1');
}
