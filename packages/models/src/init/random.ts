/** Seeded random numbers, the same on every machine and backend. */

/** A 32-bit seed from a text (FNV-1a), so that each layer has numbers of its own, whatever other layers there are. */
export function textSeed(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** Uniform in [0, 1), 32 bits (Mulberry32 by Tommy Ettinger, public domain). */
export function uniformSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normal values of mean 0 (polar method of Marsaglia). */
export function normalValues(seed: number, length: number, deviation: number): Float32Array {
  const next = uniformSource(seed);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += 2) {
    let u: number;
    let v: number;
    let s: number;
    do {
      u = 2 * next() - 1;
      v = 2 * next() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const factor = deviation * Math.sqrt((-2 * Math.log(s)) / s);
    values[i] = u * factor;
    if (i + 1 < length) values[i + 1] = v * factor;
  }
  return values;
}

/** Uniform values in [-limit, limit). */
export function uniformValues(seed: number, length: number, limit: number): Float32Array {
  const next = uniformSource(seed);
  return Float32Array.from({ length }, () => (2 * next() - 1) * limit);
}
