/** Stable sorts of row numbers, without objects or comparator calls. */

let spare = new Int32Array(1024);

/** Sorts `rows[from..to)` by falling score; equal scores keep their order (numpy's mergesort of the negated scores). */
export function sortByScore(rows: Int32Array, from: number, to: number, score: Float64Array): void {
  const n = to - from;
  const RUN = 16;
  for (let start = from; start < to; start += RUN) {
    const stop = Math.min(start + RUN, to);
    for (let i = start + 1; i < stop; i++) {
      const row = rows[i]!;
      const s = score[row]!;
      let j = i - 1;
      while (j >= start && score[rows[j]!]! < s) {
        rows[j + 1] = rows[j]!;
        j--;
      }
      rows[j + 1] = row;
    }
  }
  if (n <= RUN) return;
  if (spare.length < n) spare = new Int32Array(n * 2);
  for (let width = RUN; width < n; width *= 2) {
    for (let start = 0; start + width < n; start += 2 * width) {
      const middle = from + start + width;
      const stop = Math.min(middle + width, to);
      // Already in order: the usual case for sorted result files.
      if (score[rows[middle - 1]!]! >= score[rows[middle]!]!) continue;
      for (let i = 0; i < width; i++) spare[i] = rows[from + start + i]!;
      let left = 0;
      let right = middle;
      let at = from + start;
      while (left < width && right < stop) {
        rows[at++] = score[rows[right]!]! > score[spare[left]!]! ? rows[right++]! : spare[left++]!;
      }
      while (left < width) rows[at++] = spare[left++]!;
    }
  }
}

/** Order of `keys` (each in [0, limit)), stable; `order` gives the sequence to start from. */
export function countingSort(keys: Int32Array, limit: number, order: Int32Array): Int32Array {
  const start = new Int32Array(limit + 1);
  for (let i = 0; i < order.length; i++) start[keys[order[i]!]! + 1]!++;
  for (let i = 1; i <= limit; i++) start[i]! += start[i - 1]!;
  const sorted = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    sorted[start[keys[row]!]!++] = row;
  }
  return sorted;
}
