/**
 * Bounds on what a file may make of itself. A pickle is a program, and a compressed record can stand for a thousand times its size, so
 * the number of their bytes says little: what they produce is counted, and the time.
 */
import { optionHint, WeightFormatError } from '../errors';

export interface WeightLimits {
  /** Bytes of a checkpoint's pickle. Tensors lie outside it; training logs inside checkpoints reach tens of MB. */
  readonly maxPickleBytes: number;
  /**
   * Bytes in memory that the values of a checkpoint may take beyond the length of their own spelling: one byte of a pickle can make a
   * dictionary, or copy a list. The largest public checkpoints (some 10^5 tensors with optimizer state) take below 100 MB.
   */
  readonly maxProducedBytes: number;
  /** Seconds of work on the structure of a file, without reading its bytes. The largest public checkpoints take below 1. */
  readonly maxSeconds: number;
  /** Open MARKs: how deep lists and tuples nest while being built. */
  readonly maxDepth: number;
  /** Bytes of one text of the metadata; longer ones are left out. Frameworks store whole configurations, of less than 1 MB. */
  readonly maxTextBytes: number;
  /** Bytes of one integer. Parsing takes time quadratic in its length; PyTorch's own magic number has 10. */
  readonly maxIntegerBytes: number;
  /**
   * Bytes of all compressed records of an archive when unpacked. By default 256 MiB and 20 times the file: weights shrink by a tenth,
   * and PyTorch itself never compresses.
   */
  readonly maxInflatedBytes: number | undefined;
  /**
   * Bytes of all tensors together. By default 512 MiB and 16 times what is stored: tensors share storages, and a view can repeat one number
   * millions of times, but networks tie few of theirs.
   */
  readonly maxTensorBytes: number | undefined;
}

export const WEIGHT_LIMITS: WeightLimits = {
  maxPickleBytes: 256 * 1024 * 1024,
  maxProducedBytes: 384 * 1024 * 1024,
  maxSeconds: 3,
  maxDepth: 1000,
  maxTextBytes: 16 * 1024 * 1024,
  maxIntegerBytes: 1024,
  maxInflatedBytes: undefined,
  maxTensorBytes: undefined,
};

/** Estimates of what V8 takes for a value, in bytes; an estimate too low by half would still keep a process well below 1 GB. */
export const COST = {
  /** A place in an array or on the stack. */
  slot: 16,
  /** An array or a small object. */
  object: 64,
  /** An entry of a Map or Set, with the growth of its table. */
  entry: 48,
  /** An empty Map or Set. */
  collection: 208,
} as const;

// Asking for the time costs as much as some hundred instructions.
const TICKS_BETWEEN_LOOKS = 4096;

/**
 * Longest text that is the key of a table. V8 hashes longer ones by their length alone, so that a table of them takes quadratic time.
 */
export const MAX_KEY_LENGTH = 16_000;

/** Counts what one file produces. */
export class Budget {
  readonly limits: WeightLimits;
  readonly #path: string;
  #produced = 0;
  #ticks = 0;
  /** Milliseconds of earlier and of the running work, by the clock and by the processor. */
  readonly #worked = { elapsed: 0, busy: 0 };
  #started: { elapsed: number; busy: number } | undefined;

  constructor(path: string, limits: Partial<WeightLimits> | undefined) {
    this.#path = path;
    const given = Object.entries(limits ?? {}).filter(([, value]) => value !== undefined);
    this.limits = { ...WEIGHT_LIMITS, ...Object.fromEntries(given) };
  }

  /** Counts bytes that are about to be produced. */
  spend(bytes: number): void {
    this.#produced += bytes;
    if (this.#produced > this.limits.maxProducedBytes) {
      this.#exceeded(
        'maxProducedBytes',
        `its values would take more than ${this.limits.maxProducedBytes} bytes in memory, far more than they are spelled with`,
      );
    }
  }

  /** Runs work whose time counts. */
  work<T>(work: () => T): T {
    this.#started = now();
    try {
      return work();
    } finally {
      const end = now();
      this.#worked.elapsed += end.elapsed - this.#started.elapsed;
      this.#worked.busy += end.busy - this.#started.busy;
      this.#started = undefined;
    }
  }

  /** Counts one step of work of `weight`; now and then looks at the clock. */
  tick(weight = 1): void {
    this.#ticks += weight;
    if (this.#ticks < TICKS_BETWEEN_LOOKS || this.#started === undefined) return;
    this.#ticks = 0;
    const { elapsed, busy } = now();
    // Both: the clock runs on while a busy machine does something else, and the processor's time holds that of other threads.
    const worked = Math.min(
      this.#worked.elapsed + elapsed - this.#started.elapsed,
      this.#worked.busy + busy - this.#started.busy,
    );
    if (worked > 1000 * this.limits.maxSeconds) {
      this.#exceeded('maxSeconds', `its structure takes more than ${this.limits.maxSeconds} seconds`);
    }
  }

  /** Remembers what was produced, to go back to it when that is thrown away. */
  mark(): { restore(): void } {
    const produced = this.#produced;
    return {
      restore: () => {
        this.#produced = produced;
      },
    };
  }

  within(count: number, limit: 'maxPickleBytes' | 'maxDepth' | 'maxIntegerBytes', what: string): void {
    if (count > this.limits[limit]) this.#exceeded(limit, `it has more than ${this.limits[limit]} ${what}`);
  }

  #exceeded(limit: keyof WeightLimits, problem: string): never {
    throw limitError(this.#path, limit, problem);
  }
}

function now(): { elapsed: number; busy: number } {
  const elapsed = performance.now();
  // Browsers tell no processor time.
  if (typeof process === 'undefined') return { elapsed, busy: elapsed };
  const { user, system } = process.cpuUsage();
  return { elapsed, busy: (user + system) / 1000 };
}

/** A file asks for more than a limit allows; names the limit. */
export function limitError(
  path: string,
  limit: keyof WeightLimits,
  problem: string,
  entry?: string,
): WeightFormatError {
  const hint = optionHint(`limits.${limit}`);
  return new WeightFormatError(
    path,
    `${problem}: damaged, or made to exhaust the reader; a file that you trust is read with a larger ${hint.text}`,
    {
      entry,
      hints: [hint],
    },
  );
}
