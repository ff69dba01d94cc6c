import { InvalidArgumentError } from '../../errors';

/** @throws {@link InvalidArgumentError} for a NaN: it has no place in an order. */
export function checkScores(scores: Float32Array): void {
  const bad = scores.findIndex(Number.isNaN);
  if (bad >= 0) throw new InvalidArgumentError('batchedNms', `scores[${bad}]`, scores[bad], 'a number');
}
