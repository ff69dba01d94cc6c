import { VisionError } from '@icconv/base';

/** Base of every error that this package throws on purpose; codes begin with `ICCONV_COCO_`. */
export class CocoError extends VisionError {
  static override readonly kind: string = 'CocoError';
}

/** A file or object is not COCO data: broken JSON, a wrong type, a NaN score. */
export class CocoFormatError extends CocoError {
  static override readonly kind: string = 'CocoFormatError';

  /** What was read: a path, or "results", "dataset". */
  readonly source: string;
  /** Byte offset in the JSON text, when the fault was found while reading text. */
  readonly offset: number | undefined;

  constructor(source: string, problem: string, offset?: number) {
    super('ICCONV_COCO_FORMAT', `${source}${offset === undefined ? '' : ` at byte ${offset}`}: ${problem}`);
    this.source = source;
    this.offset = offset;
  }
}

/** An argument has a value that the function cannot take. */
export class CocoArgumentError extends CocoError {
  static override readonly kind: string = 'CocoArgumentError';

  readonly op: string;
  readonly parameter: string;
  readonly value: unknown;

  constructor(op: string, parameter: string, value: unknown, expected: string) {
    super('ICCONV_COCO_ARGUMENT', `${op}: ${parameter} must be ${expected}, received ${show(value)}`);
    this.op = op;
    this.parameter = parameter;
    this.value = value;
  }
}

/** Ground truth and results do not belong together: unknown images, absent keypoints or masks. */
export class CocoMismatchError extends CocoError {
  static override readonly kind: string = 'CocoMismatchError';

  constructor(message: string) {
    super('ICCONV_COCO_MISMATCH', message);
  }
}

/** A mask is none: its run lengths are broken, or not of its picture's size. */
export class CocoMaskError extends CocoError {
  static override readonly kind: string = 'CocoMaskError';

  /** Whose mask: "annotation 7", "detection 3". */
  readonly owner: string;

  constructor(owner: string, problem: string) {
    super('ICCONV_COCO_MASK', `the mask of ${owner}: ${problem}`);
    this.owner = owner;
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}...` : value);
  if (Array.isArray(value)) return `[${value.slice(0, 8).map(show).join(', ')}${value.length > 8 ? ', ...' : ''}]`;
  return String(value);
}
