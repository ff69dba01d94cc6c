import { VisionError } from '@icconv/base';

/** An argument has a value that the operator cannot take. */
export class InvalidArgumentError extends VisionError {
  static override readonly kind: string = 'InvalidArgumentError';

  readonly op: string;
  readonly parameter: string;
  readonly value: unknown;

  constructor(op: string, parameter: string, value: unknown, expected: string) {
    super('ICCONV_INVALID_ARGUMENT', `${op}: ${parameter} must be ${expected}, received ${show(value)}`);
    this.op = op;
    this.parameter = parameter;
    this.value = value;
  }
}

/** A tensor's shape does not fit the operator or another argument. */
export class ShapeMismatchError extends VisionError {
  static override readonly kind: string = 'ShapeMismatchError';

  readonly op: string;
  readonly parameter: string;
  readonly expected: string;
  readonly received: readonly number[];

  constructor(op: string, parameter: string, expected: string, received: readonly number[]) {
    super(
      'ICCONV_SHAPE_MISMATCH',
      `${op}: ${parameter} must have shape ${expected}, received [${received.join(', ')}]`,
    );
    this.op = op;
    this.parameter = parameter;
    this.expected = expected;
    this.received = received;
  }
}

/** The active backend has no kernel for the operator. */
export class UnsupportedBackendError extends VisionError {
  static override readonly kind: string = 'UnsupportedBackendError';

  readonly op: string;
  readonly backend: string;
  readonly supported: readonly string[];

  constructor(op: string, backend: string, supported: readonly string[]) {
    super(
      'ICCONV_UNSUPPORTED_BACKEND',
      `${op}: no kernel for backend "${backend}" (there are kernels for ${supported.join(', ')}); ` +
        `call registerKernels() from @icconv/tensor-ops first, or switch with tf.setBackend(...)`,
    );
    this.op = op;
    this.backend = backend;
    this.supported = supported;
  }
}

/** The engine or the processor has no kernel for numbers of this precision. */
export class UnsupportedPrecisionError extends VisionError {
  static override readonly kind: string = 'UnsupportedPrecisionError';

  readonly op: string;
  readonly precision: string;
  readonly reason: string;

  constructor(op: string, precision: string, reason: string) {
    super(
      'ICCONV_UNSUPPORTED_PRECISION',
      `${op}: precision "${precision}" needs the native engine on a processor with AVX512-BF16 (AMD since Zen 4, Intel's Xeons since ` +
        `Cooper Lake): ${reason}; take "float32"`,
    );
    this.op = op;
    this.precision = precision;
    this.reason = reason;
  }
}

/** A kernel found no memory for its result or on its way there. Nothing is held on to: the next call may have it. */
export class OutOfMemoryError extends VisionError {
  static override readonly kind: string = 'OutOfMemoryError';

  readonly op: string;
  /** What could not be had, in one piece; undefined where the engine does not say. */
  readonly bytes: number | undefined;

  constructor(op: string, bytes: number | undefined, options?: { readonly cause?: unknown }) {
    const asked = bytes === undefined ? '' : ` for ${bytes} bytes`;
    super('ICCONV_OUT_OF_MEMORY', `${op}: no memory${asked}; take smaller or fewer maps, or free some`, options);
    this.op = op;
    this.bytes = bytes;
  }
}

/** TensorFlow refused or failed in an operator for another reason, which the message tells. */
export class KernelError extends VisionError {
  static override readonly kind: string = 'KernelError';

  readonly op: string;

  constructor(op: string, reason: string, options?: { readonly cause?: unknown }) {
    super('ICCONV_KERNEL', `${op}: ${reason}`, options);
    this.op = op;
  }
}

function show(value: unknown): string {
  if (isTensor(value))
    return `a ${value.isDisposed ? 'disposed ' : ''}${value.dtype} tensor [${value.shape.join(', ')}]`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.slice(0, 8).map(show).join(', ')}${value.length > 8 ? ', ...' : ''}]`;
  return String(value);
}

/** By what it has: this module knows no TensorFlow. */
function isTensor(value: unknown): value is { isDisposed: boolean; dtype: string; shape: readonly number[] } {
  return typeof value === 'object' && value !== null && 'isDisposed' in value && 'dtype' in value && 'shape' in value;
}
