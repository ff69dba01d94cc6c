/** A group lasso on super-kernels: each tap of an output channel is a group, which learns to be there or not. */
import { superLayers } from '@icconv/edo';
import type { StateDict } from '@icconv/models';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import type { TaskModel } from '../contract/network-task';
import type { Task, TaskRecipe, TaskTypes } from '../contract/task';
import { hasSuperKernels } from '../model/super-kernels';

/** Under the root, so that a tap of zeros has a gradient. */
const TINY = 1e-12;

/**
 * Names of the weights that `recipe.tapPenalty` draws towards nothing; none where it is left out.
 *
 * @throws InvalidArgumentError where it is given for a network without super-kernels.
 */
export function penalisedKernels<T extends TaskTypes>(
  { weights }: Task<T>,
  { config: { backbone } }: TaskModel,
  { tapPenalty }: TaskRecipe,
): readonly string[] {
  if (tapPenalty === undefined) return [];
  if (!hasSuperKernels(backbone)) {
    const expected = 'left out, or a network with super-kernels, as model.super makes one';
    throw new InvalidArgumentError('train', 'recipe.tapPenalty', tapPenalty, expected);
  }
  return superLayers(backbone).map(({ name }) => `${weights.backbonePrefix}${name}.weight`);
}

/**
 * Adds the gradient of `penalty` times the sum of the taps' Euclidean norms over input channels; takes the gradients that it replaces.
 *
 * @param kernels - names of weights [k, k, in, out]; those without a gradient do not learn and stay.
 */
export function penaliseTaps(
  gradients: Readonly<StateDict>,
  weights: Readonly<StateDict>,
  kernels: readonly string[],
  penalty: number,
): StateDict {
  const result = { ...gradients };
  for (const name of kernels) {
    const { [name]: gradient } = gradients;
    if (gradient === undefined) continue;
    const kernel = weights[name]!;
    result[name] = tf.tidy(() => {
      const norms = tf.sqrt(tf.add(tf.sum(tf.square(kernel), 2, true), TINY));
      return tf.add(gradient, tf.mul(penalty, tf.div(kernel, norms)));
    });
    gradient.dispose();
  }
  return result;
}
