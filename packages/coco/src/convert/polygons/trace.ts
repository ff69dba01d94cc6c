/**
 * Outlines of a mask along the edges of its pixels: exact, with corners at whole coordinates. Pixels that touch at a corner only stay apart.
 *
 * What a column has of a run of ones is a bar. Its upper edge is walked to the right and its lower edge to the left, so that the object is
 * at the right hand. From one such edge to the next the way leads along the line between two columns, down where the object is in the left
 * column alone, up where it is in the right one alone. So the work is by runs, not by pixels.
 */
import { checkPixels, type MaskDecodeOptions, type Rle } from '../../masks/rle';

interface Bars {
  /** y of the upper and the lower edge of each bar in turn, column by column, downwards. Edge e is the upper one of bar e/2 if e is even. */
  readonly ys: readonly number[];
  /** Column of each bar. */
  readonly columns: readonly number[];
}

/**
 * Closed outlines [x1, y1, x2, y2, ...] of the object's pixels; those of holes too, the other way round. They begin with their uppermost
 * way to the right, of several with the leftmost one, and come in the order of these, row by row.
 *
 * @throws {@link CocoArgumentError} for more pixels than `maxPixels`.
 */
export function traceMask(mask: Rle, options: MaskDecodeOptions = {}): number[][] {
  checkPixels('traceMask', mask, options);
  const bars = barsOf(mask);
  const next = linkEdges(bars);
  const { ys, columns } = bars;
  const seen = new Uint8Array(ys.length);
  const starts: number[] = [];
  for (let edge = 0; edge < ys.length; edge++) {
    if (seen[edge] !== 0) continue;
    let start = -1;
    for (let at = edge; seen[at] === 0; at = next[at]!) {
      seen[at] = 1;
      // Columns ascend with the edges' numbers. Every outline has a way to the right somewhere.
      const higher = start < 0 || ys[at]! < ys[start]! || (ys[at] === ys[start] && at < start);
      if (at % 2 === 0 && higher) start = at;
    }
    starts.push(start);
  }
  const column = (edge: number) => columns[edge >> 1]!;
  starts.sort((a, b) => ys[a]! - ys[b]! || column(a) - column(b));
  return starts.map((start) => {
    const outline = [column(start), ys[start]!];
    let edge = start;
    do {
      const after = next[edge]!;
      if (ys[edge] !== ys[after]) {
        const x = column(edge) + (edge % 2 === 0 ? 1 : 0);
        outline.push(x, ys[edge]!);
        if (after !== start) outline.push(x, ys[after]!);
      }
      edge = after;
    } while (edge !== start);
    return outline;
  });
}

function barsOf({ height, counts }: Rle): Bars {
  const ys: number[] = [];
  const columns: number[] = [];
  let at = 0;
  for (let run = 0; run < counts.length; run++) {
    const end = at + counts[run]!;
    while (run % 2 === 1 && at < end) {
      const column = Math.floor(at / height);
      const top = at - column * height;
      const bottom = Math.min(height, top + end - at);
      // Two runs of ones may have none of zeros between them.
      if (columns.at(-1) === column && ys.at(-1) === top) ys[ys.length - 1] = bottom;
      else {
        ys.push(top, bottom);
        columns.push(column);
      }
      at += bottom - top;
    }
    at = end;
  }
  return { ys, columns };
}

/** The edge that follows on each. */
function linkEdges({ ys, columns }: Bars): Int32Array {
  const next = new Int32Array(ys.length);
  let [left, right] = [0, 0];
  for (let column = columns[0]; left < right || right < ys.length; column!++) {
    let end = right;
    while (columns[end >> 1] === column) end += 2;
    linkLine(ys, next, left, right, end);
    [left, right] = [right, end];
  }
  return next;
}

/** Along the line between two columns, whose edges are [left, right) and [right, end), downwards. An edge under which a bar ends is odd. */
function linkLine(ys: readonly number[], next: Int32Array, left: number, right: number, end: number): void {
  let [i, j] = [left, right];
  // The edge from which the way down that is under way came, or to which the way up leads.
  let open = 0;
  while (i < right || j < end) {
    const leftY = i < right ? ys[i]! : Number.POSITIVE_INFINITY;
    const rightY = j < end ? ys[j]! : Number.POSITIVE_INFINITY;
    const [leftEnds, rightEnds] = [i % 2 === 1, j % 2 === 1];
    if (leftY < rightY) {
      // Beside a bar of the right column: a way up ends here, or begins. Otherwise one down begins, or ends.
      if (leftEnds === rightEnds) open = i;
      else if (rightEnds) next[i] = open;
      else next[open] = i;
      i++;
    } else if (rightY < leftY) {
      if (leftEnds === rightEnds) open = j;
      else if (leftEnds) next[open] = j;
      else next[j] = open;
      j++;
    } else {
      if (leftEnds === rightEnds) {
        // Straight on.
        if (leftEnds) next[j] = i;
        else next[i] = j;
      } else if (rightEnds) {
        // Pixels that touch at a corner: right turns.
        next[j] = open;
        open = i;
      } else {
        next[open] = i;
        open = j;
      }
      i++;
      j++;
    }
  }
}
