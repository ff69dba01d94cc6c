/** Weights of a network with one of them missing or of another shape, and the error that is due. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/**
 * Takes each of the named weights away, gives it a row too many and a dimension too many, and expects of `use` the error that names the
 * weight and its shape, with no tensor left behind.
 */
export function expectFaultsNamed(
  weights: Readonly<Record<string, tf.Tensor>>,
  names: readonly string[],
  use: (weights: Readonly<Record<string, tf.Tensor>>) => unknown,
): void {
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const { [name]: own, ...others } = weights;
    const layout = `[${own!.shape.join(', ')}]`;
    const before = tf.memory().numTensors;
    const missing = thrownBy(() => use(others));
    expect(missing.name, `${name} missing: ${missing.message}`).toBe('InvalidArgumentError');
    expect(missing.message).toContain(`weights["${name}"] must be a float32 tensor ${layout}`);
    expect(tf.memory().numTensors, `tensors left over where ${name} is missing`).toBe(before);
    for (const shape of [
      [own!.shape[0]! + 1, ...own!.shape.slice(1)],
      [...own!.shape, 1],
    ]) {
      const other = tf.zeros(shape);
      const odd = thrownBy(() => use({ ...others, [name]: other }));
      expect(odd.name, `${name} of shape ${shape}: ${odd.message}`).toBe('ShapeMismatchError');
      expect(odd.message).toContain(`weights["${name}"]`);
      expect(odd.message).toContain(layout);
      other.dispose();
      expect(tf.memory().numTensors, `tensors left over where ${name} has the shape ${shape}`).toBe(before);
    }
  }
}

function thrownBy(use: () => unknown): Error {
  try {
    use();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
