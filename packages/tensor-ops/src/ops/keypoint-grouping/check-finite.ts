import { InvalidArgumentError } from '../../errors';

/** @throws {@link InvalidArgumentError} for a NaN or an infinity: it has no place in an order, and tells of a broken network. */
export function checkFinite(heatmaps: Float32Array, tags: Float32Array): void {
  for (const [name, values] of Object.entries({ heatmaps, tags })) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new InvalidArgumentError('groupKeypoints', `element ${bad} of ${name}`, values[bad], 'a finite number');
    }
  }
}
