/** Texts as tensors of one length, of which the first number is how many bytes follow. */

/** Numbers of a message that most texts fit in. */
export const SHORT = 256;

/** Numbers that a text takes. */
export const lengthOf = (bytes: Uint8Array): number => 1 + Math.ceil(bytes.length / 4);

/** As many bytes as fit; the first number tells of all. */
export function pack(bytes: Uint8Array, numbers: number): Int32Array {
  const packed = new Int32Array(numbers);
  packed[0] = bytes.length;
  new Uint8Array(packed.buffer, 4).set(bytes.subarray(0, 4 * (numbers - 1)));
  return packed;
}

/** One text a worker, or the numbers that the longest needs. */
export function unpack(packed: Int32Array, workers: number): string[] | number {
  const numbers = packed.length / workers;
  const rows = Array.from({ length: workers }, (_, i) => packed.slice(i * numbers, (i + 1) * numbers));
  const needed = Math.max(...rows.map((row) => 1 + Math.ceil(row[0]! / 4)));
  if (needed > numbers) return needed;
  return rows.map((row) => new TextDecoder().decode(new Uint8Array(row.buffer, 4, row[0])));
}
