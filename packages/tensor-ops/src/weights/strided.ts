/**
 * Strided copies: the one routine behind views, transposed layouts and joined branches.
 * An index vector `i` names the element `offset + sum(i[d] * strides[d])` of a flat array; strides and offsets count elements.
 */

/** Flat arrays whose elements are moved bit by bit (integers only, so that no NaN is rewritten). */
export type Elements = Uint8Array | Uint16Array | Int32Array | BigInt64Array;

export interface Layout {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Strides of a dense tensor whose last dimension is contiguous. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d]!;
  }
  return strides;
}

export const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Number of elements from the first to the last that a layout touches; 0 for an empty tensor. */
export function span(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((last, size, d) => last + (size - 1) * strides[d]!, 1);
}

/** True when the elements lie side by side in row-major order. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  const dense = rowMajor(shape);
  return shape.includes(0) || shape.every((size, d) => size === 1 || strides[d] === dense[d]);
}

interface Axis {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

// 32 elements of 4 bytes are two cache lines; a tile of 32 x 32 fits the first-level cache on both sides.
const TILE = 32;

/** Copies every element of `shape` from one layout to another. */
export function copyStrided<E extends Elements>(
  source: E,
  from: Layout,
  target: E,
  to: Layout,
  shape: readonly number[],
): void {
  if (shape.includes(0)) return;
  const axes = mergeAxes(shape.map((size, d) => ({ size, from: from.strides[d]!, to: to.strides[d]! })));
  // The two inner loops run along the axes on which the target and the source are densest.
  axes.sort((a, b) => b.from - a.from);
  const dense = pickSmallest(axes, 'to');
  const row = axes.splice(dense, 1)[0] ?? { size: 1, from: 1, to: 1 };
  const column = axes.pop() ?? { size: 1, from: 0, to: 0 };
  const index = new Array<number>(axes.length).fill(0);
  let s = from.offset;
  let t = to.offset;
  for (;;) {
    copyPlane(source, s, target, t, row, column);
    let d = axes.length - 1;
    for (; d >= 0; d--) {
      const axis = axes[d]!;
      s += axis.from;
      t += axis.to;
      if (++index[d]! < axis.size) break;
      s -= axis.size * axis.from;
      t -= axis.size * axis.to;
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

function copyPlane<E extends Elements>(source: E, s: number, target: E, t: number, row: Axis, column: Axis): void {
  if (row.from === 1 && row.to === 1) {
    for (let c = 0; c < column.size; c++) {
      const start = s + c * column.from;
      // TypeScript cannot see that both arrays are of one kind.
      (target as Uint8Array).set((source as Uint8Array).subarray(start, start + row.size), t + c * column.to);
    }
    return;
  }
  for (let c0 = 0; c0 < column.size; c0 += TILE) {
    const c1 = Math.min(c0 + TILE, column.size);
    for (let r0 = 0; r0 < row.size; r0 += TILE) {
      const r1 = Math.min(r0 + TILE, row.size);
      for (let c = c0; c < c1; c++) {
        let i = s + c * column.from + r0 * row.from;
        let o = t + c * column.to + r0 * row.to;
        for (let r = r0; r < r1; r++) {
          target[o] = source[i]!;
          i += row.from;
          o += row.to;
        }
      }
    }
  }
}

/** Drops axes of size 1 and joins neighbours that are one axis on both sides. */
function mergeAxes(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of axes) {
    if (axis.size === 1) continue;
    const outer = merged.at(-1);
    if (outer !== undefined && outer.from === axis.from * axis.size && outer.to === axis.to * axis.size) {
      merged[merged.length - 1] = { size: outer.size * axis.size, from: axis.from, to: axis.to };
    } else merged.push(axis);
  }
  return merged;
}

function pickSmallest(axes: readonly Axis[], key: 'from' | 'to'): number {
  let best = 0;
  for (let d = 1; d < axes.length; d++) if (axes[d]![key] < axes[best]![key]) best = d;
  return best;
}
