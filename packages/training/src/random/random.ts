/**
 * Seeded chance. A generator is made from a key, such as (seed, epoch, sample), instead of being carried along: whatever order the work
 * is done in, and wherever a run was interrupted, the same sample gets the same numbers.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), seeded through the mixing function of MurmurHash3.
 */

export interface Random {
  /** In [0, 1), 32 bits. */
  next(): number;
  /** In [low, high). */
  uniform(low: number, high: number): number;
  /** A whole number in [0, count). */
  below(count: number): number;
  /** Gaussian, mean 0, deviation 1. */
  normal(): number;
}

/** The generator of a key of whole numbers and texts. */
export function seededRandom(...key: readonly (number | string)[]): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;
  const absorb = (word: number) => {
    a = mix(a ^ word);
    b = mix(b ^ a);
    c = mix(c ^ b);
  };
  for (const part of key) {
    if (typeof part === 'number') {
      absorb(part | 0);
      // What a word of 32 bits does not hold.
      absorb(Math.floor(part / 2 ** 32) | 0);
      continue;
    }
    for (let i = 0; i < part.length; i++) absorb(part.charCodeAt(i) | 0x10000);
    absorb(part.length | 0x20000);
  }
  const word = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) word();
  const next = () => word() / 2 ** 32;
  return {
    next,
    uniform: (low, high) => low + (high - low) * next(),
    below: (count) => Math.floor(next() * count),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

/** 0 to count - 1 in random order (Fisher-Yates). */
export function shuffled(count: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const moved = order[i]!;
    order[i] = order[j]!;
    order[j] = moved;
  }
  return order;
}

function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) + 0x9e3779b9;
}
