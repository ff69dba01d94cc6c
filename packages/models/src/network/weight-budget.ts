import { InvalidArgumentError } from '@icconv/tensor-ops';

/** 4.3 GB of float32: larger than any network of this kind. A description that asks for more is damaged, or meant to fill the memory. */
export const MAX_WEIGHTS = 2 ** 30;

/**
 * Adds up the numbers that a network's weights have, before any of them is made.
 *
 * @param op - whose description it is.
 * @throws {@link InvalidArgumentError} beyond {@link MAX_WEIGHTS}.
 */
export function checkWeightBudget<T extends Readonly<Record<string, readonly number[]>>>(op: string, shapes: T): T {
  const total = Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  if (total <= MAX_WEIGHTS) return shapes;
  throw new InvalidArgumentError(
    op,
    'config',
    `one with ${total} weights`,
    `of a network of at most ${MAX_WEIGHTS} weights`,
  );
}
