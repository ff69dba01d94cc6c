/** What the searches that share a training with their network have in common: layers to search, and a task whose step is theirs. */
import { superLayers } from '@icconv/edo';
import type { Dilation, DilationPattern } from '@icconv/inception-conv';
import type { ResNetConfig, StateDict } from '@icconv/models';
import type { Task } from '@icconv/task';
import type { StepResult } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';
import type { Choices } from '../sampling';

export interface SearchedLayer {
  readonly name: string;
  /** Of its weight in the whole network. */
  readonly key: string;
  readonly maxDilation: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

export const searchedLayers = (task: Task, wide: ResNetConfig): SearchedLayer[] =>
  superLayers(wide).map(({ name, maxDilation, inChannels, outChannels }) => ({
    ...{ name, maxDilation, inChannels, outChannels },
    key: `${task.weights.backbonePrefix}${name}.weight`,
  }));

/** All channels of all layers as one list. */
export const choicesOf = (layers: readonly SearchedLayer[]): Choices => ({
  channels: layers.reduce((sum, { outChannels }) => sum + outChannels, 0),
  maxDilation: layers[0]!.maxDilation,
});

export function asPattern(layers: readonly SearchedLayer[], dilations: readonly Dilation[]): DilationPattern {
  let from = 0;
  const own = layers.map(({ name, outChannels }) => {
    from += outChannels;
    return { name, dilations: dilations.slice(from - outChannels, from) };
  });
  return { maxDilation: layers[0]!.maxDilation, layers: own };
}

export type Step = Task['training']['step'];
export type Parts = Parameters<Step>[3];

/** The task with another step; what is made in it besides its result is disposed. */
export const withStep = (task: Task, step: Step): Task => ({
  ...task,
  training: {
    ...task.training,
    step: (...given) => tf.tidy(() => step(...given) as StepResult & tf.TensorContainerObject) as StepResult,
  },
});

/**
 * A step of the task with super-kernels that are made of something else.
 *
 * @param made - kernels by key; they are asked for gradients together with what else is trainable.
 */
export function stepThrough(
  task: Task,
  weights: Readonly<StateDict>,
  made: Readonly<StateDict>,
  [batch, model, parts]: [Parameters<Step>[1], Parameters<Step>[2], Parts],
  trainable: (name: string) => boolean = parts.trainable,
): StepResult {
  const own = { ...weights, ...made };
  const wanted = (name: string) => name in made || trainable(name);
  return task.training.step(own, batch, model, { ...parts, trainable: wanted });
}
