/**
 * Munkres' method for the assignment problem (J. Munkres, Algorithms for the assignment and transportation problems, 1957).
 *
 * Where several assignments cost the same, the order of the steps decides which one is found. This order is that of the Python
 * package `munkres` 1.1.4: the first zeros in row order are starred; a search for an uncovered zero goes on from where the last one
 * ended, around the matrix, and takes in the first row that has some the last of them, seen from that column.
 */

/**
 * The columns assigned to the rows.
 *
 * @param cost - `size * size` finite numbers, row by row; changed.
 */
export function munkres(cost: Float64Array, size: number): Int32Array {
  const columnOf = new Int32Array(size).fill(-1);
  const rowOf = new Int32Array(size).fill(-1);
  const primeOf = new Int32Array(size).fill(-1);
  const rowCovered = new Uint8Array(size);
  const columnCovered = new Uint8Array(size);
  for (let row = 0; row < size; row++) {
    const values = cost.subarray(row * size, (row + 1) * size);
    let least = Number.POSITIVE_INFINITY;
    for (const value of values) if (value < least) least = value;
    for (let column = 0; column < size; column++) values[column]! -= least;
  }
  let starred = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      if (cost[row * size + column] !== 0 || rowOf[column]! >= 0) continue;
      columnOf[row] = column;
      rowOf[column] = row;
      starred++;
      break;
    }
  }

  /** The next uncovered zero, as its index, or -1. */
  const nextZero = (fromRow: number, fromColumn: number): number => {
    for (let i = 0; i < size; i++) {
      const row = (fromRow + i) % size;
      if (rowCovered[row] !== 0) continue;
      for (let j = size - 1; j >= 0; j--) {
        const column = (fromColumn + j) % size;
        if (columnCovered[column] === 0 && cost[row * size + column] === 0) return row * size + column;
      }
    }
    return -1;
  };

  /** Makes a new uncovered zero. */
  const shift = () => {
    let least = Number.POSITIVE_INFINITY;
    for (let row = 0; row < size; row++) {
      if (rowCovered[row] !== 0) continue;
      for (let column = 0; column < size; column++) {
        const value = cost[row * size + column]!;
        if (columnCovered[column] === 0 && value < least) least = value;
      }
    }
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        // Both where both hold: adding and taking away again rounds.
        if (rowCovered[row] !== 0) cost[row * size + column]! += least;
        if (columnCovered[column] === 0) cost[row * size + column]! -= least;
      }
    }
  };

  for (; starred < size; starred++) {
    for (let column = 0; column < size; column++) columnCovered[column] = rowOf[column]! >= 0 ? 1 : 0;
    let row = 0;
    let column = 0;
    for (;;) {
      const zero = nextZero(row, column);
      if (zero < 0) {
        shift();
        row = 0;
        column = 0;
        continue;
      }
      row = Math.floor(zero / size);
      column = zero % size;
      primeOf[row] = column;
      const star = columnOf[row]!;
      if (star < 0) break;
      rowCovered[row] = 1;
      columnCovered[star] = 0;
      column = star;
    }
    // Primes become stars along the path of alternating primes and stars.
    while (row >= 0) {
      const before = rowOf[column]!;
      rowOf[column] = row;
      columnOf[row] = column;
      row = before;
      if (row >= 0) column = primeOf[row]!;
    }
    rowCovered.fill(0);
    primeOf.fill(-1);
  }
  return columnOf;
}
