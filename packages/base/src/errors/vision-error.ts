/**
 * Base of every error that IC-Conv's packages throw on purpose.
 *
 * `instanceof` fails when two copies of a package are loaded, and names of classes are what a minifier makes of them. So each class has its
 * `kind`, an error carries the kinds of its class and of those above under `Symbol.for`, and `isInstance` looks for its own there.
 * A message says what, where, expected, received, then the remedy. Faults of our own begin with "internal:".
 */
import type { OptionHint } from './option-hint';

const MARKER = Symbol.for('icconv.error');

/** A class of the family, seen from its static side. */
interface ErrorClass<E> {
  readonly kind: string;
  readonly prototype: E;
}

export class VisionError extends Error {
  /** Name of the class, also of its errors; each class states its own. */
  static readonly kind: string = 'VisionError';

  /** Stable machine-readable name, such as `ICCONV_SHAPE_MISMATCH`. */
  readonly code: string;
  /** Options that the message tells to set. */
  readonly hints: readonly OptionHint[];
  readonly [MARKER]: readonly string[];

  constructor(
    code: string,
    message: string,
    options?: { readonly cause?: unknown; readonly hints?: readonly OptionHint[] },
  ) {
    super(message, options);
    this.name = new.target.kind;
    this.code = code;
    this.hints = options?.hints ?? [];
    this[MARKER] = kindsOf(new.target);
  }

  /** True for an error of this class or one below it, also one made by another copy of the package. */
  static isInstance<E extends VisionError>(this: ErrorClass<E>, error: unknown): error is E {
    if (typeof error !== 'object' || error === null) return false;
    const kinds = (error as Record<symbol, unknown>)[MARKER];
    // biome-ignore lint/complexity/noThisInStatic: the class that it is called on is the question.
    return Array.isArray(kinds) && kinds.includes(this.kind);
  }
}

/** Kinds of a class and of those above it, up to this one. */
function kindsOf(errorClass: typeof VisionError): string[] {
  const above = Object.getPrototypeOf(errorClass) as typeof VisionError;
  return errorClass === VisionError ? [VisionError.kind] : [errorClass.kind, ...kindsOf(above)];
}
