/**
 * Decimal text to the nearest double, from digits that a scanner has already split in two integers.
 *
 * Value = (hi * 10^n + lo) / 10^k with hi < 10^15, n <= 7 and lo < 10^n, so up to 22 digits: what a float32 or float64 prints as.
 * The quotient is computed in double-double arithmetic (Dekker's exact product, about 30 operations) and returned only where its
 * error bound cannot change the rounding; the caller parses the text in the ordinary way otherwise. Equal to `Number(text)` always.
 */

/** Powers of ten that a double holds exactly. */
export const POW10 = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

// Dekker's splitting constant for 53-bit mantissas: 2^27 + 1.
const SPLIT = 134217729;
const POW10_HIGH = POW10.map((p) => {
  const c = SPLIT * p;
  return c - (c - p);
});
const POW10_LOW = POW10.map((p, i) => p - POW10_HIGH[i]!);

/** (hi * 10^n + lo) / 10^k as the nearest double, or NaN where only a wider arithmetic can tell. n in [0, 7], k in [0, 22]. */
export function divideExactly(hi: number, n: number, lo: number, k: number): number {
  // hi * 10^n as two exact products: hi = upper * 2^25 + lower.
  const p = POW10[n]!;
  const upper = Math.floor(hi / 33554432);
  const big = upper * p * 33554432;
  const small = (hi - upper * 33554432) * p + lo;
  const sum = big + small;
  const sumError = big > small ? small - (sum - big) : big - (sum - small);
  const divisor = POW10[k]!;
  const quotient = sum / divisor;
  const c = SPLIT * quotient;
  const qHigh = c - (c - quotient);
  const qLow = quotient - qHigh;
  const dHigh = POW10_HIGH[k]!;
  const dLow = POW10_LOW[k]!;
  const product = quotient * divisor;
  const productError = qHigh * dHigh - product + qHigh * dLow + qLow * dHigh + qLow * dLow;
  const rest = (sum - product - productError + sumError) / divisor;
  // `rest` is off by a few 2^-53 of itself; 2^-45 leaves room.
  const slack = Math.abs(rest) * 2.842170943040401e-14;
  const below = quotient + (rest - slack);
  return below === quotient + (rest + slack) ? below : Number.NaN;
}
