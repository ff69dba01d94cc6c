/** Of what numbers the products of packed convolutions are made. */
import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, UnsupportedPrecisionError } from '../errors';

/**
 * Of what numbers the products of a packed convolution are made on the native CPU; maps and sums are float32 always. `'bfloat16'` has 8 bits where
 * float32 has 24, and takes half the time of most layers.
 */
export type ConvPrecision = (typeof PRECISIONS)[number];

const PRECISIONS = ['float32', 'bfloat16'] as const;

let missing = (): string | undefined => 'the native engine does not run';

/** Told by the engine when it has loaded. @param reason - why there are no kernels of bfloat16; undefined where there are */
export function setBfloat16Check(reason: () => string | undefined): void {
  missing = reason;
}

/** @throws {@link InvalidArgumentError} for one that is not known, {@link UnsupportedPrecisionError} for one that cannot be had here. */
export function checkPrecision(op: string, precision: ConvPrecision): ConvPrecision {
  if (!PRECISIONS.includes(precision)) {
    throw new InvalidArgumentError(op, 'precision', precision, `one of ${PRECISIONS.join(', ')}`);
  }
  if (precision === 'float32') return precision;
  const backend = tf.getBackend();
  const reason = backend === 'tensorflow' ? missing() : `the backend is "${backend}"`;
  if (reason !== undefined) throw new UnsupportedPrecisionError(op, precision, reason);
  return precision;
}
