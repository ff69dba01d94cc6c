import { type OptionHint, optionHint, VisionError } from '@icconv/base';

/** A weight file cannot be read: not the format it seems to be, truncated, damaged, or of a kind that is not supported. */
export class WeightFormatError extends VisionError {
  static override readonly kind: string = 'WeightFormatError';

  /** The file, or `<memory>`. */
  readonly path: string;
  /** The tensor or archive entry at fault, where there is one. */
  readonly entry: string | undefined;

  constructor(
    path: string,
    problem: string,
    options: {
      readonly entry?: string | undefined;
      readonly cause?: unknown;
      readonly code?: string;
      readonly hints?: readonly OptionHint[];
    } = {},
  ) {
    const where = options.entry === undefined ? path : `${path}, entry ${JSON.stringify(shortened(options.entry))}`;
    super(options.code ?? 'ICCONV_WEIGHT_FORMAT', `${where}: ${problem}`, options);
    this.path = path;
    this.entry = options.entry;
  }
}

/** A pickle names a Python class or function that weight files have no need of. It was not run: nothing in a pickle ever is. */
export class RefusedPickleError extends WeightFormatError {
  static override readonly kind: string = 'RefusedPickleError';

  /** Module and name as the file spells them, such as `posix.system`. */
  readonly global: string;

  /**
   * @param kind - `function`: one that does something in Python, wherever it stands. `object`: a class whose object holds the weights, which
   *   are never taken out of objects of unknown classes.
   */
  constructor(path: string, global: string, kind: 'function' | 'object', entry?: string) {
    const hint = optionHint('opaqueClasses', global);
    const asked = `the pickle calls for ${describeGlobal(global)}, which is not on the list of what weights need; nothing was run. `;
    const save = 'Save `model.state_dict()` in place of the object';
    super(
      path,
      kind === 'object'
        ? `the weights are inside an object: ${asked}${save}`
        : `${asked}${save}, or, if it is only a record beside the weights, have it kept as data by the ${hint.text}`,
      { code: 'ICCONV_REFUSED_PICKLE', entry, hints: kind === 'object' ? [] : [hint] },
    );
    this.global = global;
  }
}

/** One tensor whose shape in the file differs from the shape the model expects. */
export interface ShapeDifference {
  readonly name: string;
  readonly expected: readonly number[];
  readonly received: readonly number[];
  readonly cause: string;
}

/** The names or shapes in a weight file do not fit the model. */
export class StateDictMismatchError extends VisionError {
  static override readonly kind: string = 'StateDictMismatchError';

  readonly path: string;
  /** Names that the model has and the file has not. */
  readonly missing: readonly string[];
  /** Names that the file has and the model has not. */
  readonly unexpected: readonly string[];
  readonly mismatched: readonly ShapeDifference[];

  constructor(
    path: string,
    problem: string,
    detail: {
      readonly missing?: readonly string[];
      readonly unexpected?: readonly string[];
      readonly mismatched?: readonly ShapeDifference[];
    } = {},
    hints: readonly OptionHint[] = [],
  ) {
    super('ICCONV_STATE_DICT_MISMATCH', `${path}: ${problem}`, { hints });
    this.path = path;
    this.missing = detail.missing ?? [];
    this.unexpected = detail.unexpected ?? [];
    this.mismatched = detail.mismatched ?? [];
  }
}

// Python pickles os functions under the name of the module that implements os.
function describeGlobal(global: string): string {
  const match = /^(?:posix|nt)\.(.+)$/.exec(global);
  return match === null ? global : `${global} (os.${match[1]} in Python)`;
}

// Names come from the file, and a damaged one may have any length.
const MAX_SHOWN = 200;

function shortened(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
}
