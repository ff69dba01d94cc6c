/** Fuzzing: inputs changed at random end in an error of the project's family or in a plausible value, soon. */
const MARKER = Symbol.for('icconv.error');

/** Seconds that a suite takes: ICCONV_FUZZ_SECONDS, or its share of the ordinary run. */
export const fuzzSeconds = (ordinary: number): number => Number(process.env.ICCONV_FUZZ_SECONDS ?? ordinary);

/** ICCONV_FUZZ_SEED; the same in every run without. */
export const FUZZ_SEED = Number(process.env.ICCONV_FUZZ_SEED ?? 20201225);

/** Numbers from a seed. */
export class FuzzRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1); mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from low to high. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.int(0, values.length - 1)]!;
  }
}

/** Sizes and lengths that break careless readers, little-endian in one to eight bytes. */
const WORDS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff];

/** Some bytes changed, cut, doubled or moved; or the end lost. */
export function mutateBytes(bytes: Uint8Array, random: FuzzRandom): Uint8Array<ArrayBuffer> {
  let out = Uint8Array.from(bytes);
  for (let k = random.int(1, 4); k > 0; k--) {
    const at = random.int(0, Math.max(0, out.length - 1));
    const length = random.int(1, random.chance(0.2) ? 256 : 8);
    const way = random.int(0, 6);
    if (way === 0) out[at] = random.int(0, 255);
    else if (way === 1) out[at]! ^= 1 << random.int(0, 7);
    else if (way === 2) {
      let word = random.pick(WORDS);
      for (let i = at; i < at + 4 && i < out.length; i++, word = Math.floor(word / 256)) out[i] = word % 256;
    } else if (way === 3) out = joined(out.subarray(0, at), out.subarray(at + length));
    else if (way === 4) out = joined(out.subarray(0, at + length), out.subarray(at));
    else if (way === 5) out = joined(out.subarray(0, at), randomBytes(length, random), out.subarray(at));
    else if (random.chance(0.3)) out = out.slice(0, at);
  }
  return out;
}

/** Pieces that mean something to readers of texts: numbers at limits, separators, names of prototypes. */
const PIECES = [
  '',
  ' ',
  '\n',
  '\0',
  '\ufeff',
  '-',
  '0',
  '1',
  '-1',
  '1.5',
  '1e9',
  '1e999',
  '-1e-9',
  '300000000',
  '9007199254740993',
  '9'.repeat(40),
  'null',
  'true',
  'NaN',
  '"',
  "'",
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  ': ',
  '- ',
  '&a ',
  '*a',
  '<<: *a',
  '../',
  '__proto__',
  'constructor',
  '!!js/function',
  '\u2028',
  '\ud800',
];

/** Some characters or pieces of a text changed, cut, doubled or put in. */
export function mutateText(text: string, random: FuzzRandom, pieces: readonly string[] = PIECES): string {
  let out = text;
  for (let k = random.int(1, 4); k > 0; k--) {
    const at = random.int(0, out.length);
    const length = random.int(0, random.chance(0.2) ? 60 : 6);
    const piece = random.pick(pieces);
    const way = random.int(0, 5);
    if (way === 0) out = out.slice(0, at) + piece + out.slice(at);
    else if (way === 1) out = out.slice(0, at) + out.slice(at + length);
    else if (way === 2) out = out.slice(0, at) + piece + out.slice(at + length);
    else if (way === 3) out = out.slice(0, at) + out.slice(at, at + length).repeat(random.int(1, 4)) + out.slice(at);
    else if (way === 4) {
      // A number becomes another one.
      const numbers = [...out.matchAll(/[\d.]+/g)];
      if (numbers.length === 0) continue;
      const hit = random.pick(numbers);
      out = out.slice(0, hit.index) + piece + out.slice(hit.index + hit[0].length);
    } else if (random.chance(0.02)) out = out.slice(0, at) + piece.repeat(5000) + out.slice(at);
    else out = out.slice(0, at) + String.fromCharCode(random.int(0, 0x250)) + out.slice(at + 1);
  }
  return out;
}

export interface FuzzOptions<T> {
  readonly seconds: number;
  readonly seeds: readonly T[];
  readonly mutate: (seed: T, random: FuzzRandom) => T;
  /** Reads an input; throws what is no error of the family where what came out cannot be. */
  readonly read: (input: T) => unknown;
  /** No input may take longer. @defaultValue 2000 */
  readonly longestMs?: number;
  readonly show?: (input: T) => string;
}

export interface FuzzCounts {
  readonly runs: number;
  /** Inputs that were taken. */
  readonly read: number;
}

/** Runs for some seconds. @throws an Error with the input that did something else. */
export async function fuzz<T>(options: FuzzOptions<T>): Promise<FuzzCounts> {
  const { seconds, seeds, mutate, read, longestMs = 2000, show = shown } = options;
  const random = new FuzzRandom(FUZZ_SEED);
  const until = performance.now() + seconds * 1000;
  const counts = { runs: 0, read: 0 };
  while (performance.now() < until) {
    const input = mutate(random.pick(seeds), random);
    const start = performance.now();
    try {
      await read(input);
      counts.read++;
    } catch (error) {
      if (!isOurs(error)) throw new Error(`${(error as Error).stack}\nof ${show(input)}`, { cause: error });
    }
    const took = performance.now() - start;
    if (took > longestMs) throw new Error(`${Math.round(took)} ms for ${show(input)}`);
    counts.runs++;
  }
  if (process.env.ICCONV_FUZZ_SECONDS !== undefined) console.log(`${counts.runs} inputs, ${counts.read} taken`);
  return counts;
}

const isOurs = (error: unknown): boolean =>
  error instanceof Error && MARKER in error && !error.message.startsWith('internal:');

function shown(input: unknown): string {
  if (input instanceof Uint8Array) return `base64 ${Buffer.from(input).toString('base64').slice(0, 20000)}`;
  return JSON.stringify(input).slice(0, 5000);
}

function randomBytes(length: number, random: FuzzRandom): Uint8Array {
  return Uint8Array.from({ length }, () => random.int(0, 255));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
