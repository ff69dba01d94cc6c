/**
 * Base of every error that IC-Conv's packages throw on purpose.
 *
 * `instanceof` fails when two copies of a package are loaded, so `isInstance` looks for a marker under `Symbol.for`.
 * A message says what, where, expected, received, then the remedy. Faults of our own begin with "internal:".
 */
import type { OptionHint } from './option-hint';

const MARKER = Symbol.for('icconv.error');

export class VisionError extends Error {
  /** Stable machine-readable name, such as `ICCONV_SHAPE_MISMATCH`. */
  readonly code: string;
  /** Options that the message tells to set. */
  readonly hints: readonly OptionHint[];
  readonly [MARKER] = true;

  constructor(
    code: string,
    message: string,
    options?: { readonly cause?: unknown; readonly hints?: readonly OptionHint[] },
  ) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.hints = options?.hints ?? [];
  }

  /** True for an error of this family, also one made by another copy of the package. */
  static isInstance(error: unknown): error is VisionError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[MARKER] === true;
  }
}
