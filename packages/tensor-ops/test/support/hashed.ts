/** The numbers that tooling/reference makes its inputs from: multiples of 2^-23 in [-1, 1) from a hash of seed and index. */
export function hashed(seed: number, length: number): Float32Array {
  const values = new Float32Array(length);
  const offset = Math.imul(seed, 0x9e3779b9);
  for (let i = 0; i < length; i++) {
    let x = (i + offset) | 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x7feb352d);
    x ^= x >>> 15;
    x = Math.imul(x, 0x846ca68b);
    x ^= x >>> 16;
    values[i] = (x >>> 8) / 2 ** 23 - 1;
  }
  return values;
}
