/** Outlines of a mask along the edges of its pixels: exact, with corners at whole coordinates. */

const RIGHT = 1;
const DOWN = 2;
const LEFT = 4;
const UP = 8;

/** The way on at a corner, by the way there: right turns first, so that pixels that touch at a corner only stay apart. */
const TURNS: Readonly<Record<number, readonly number[]>> = {
  [RIGHT]: [DOWN, RIGHT, UP],
  [DOWN]: [LEFT, DOWN, RIGHT],
  [LEFT]: [UP, LEFT, DOWN],
  [UP]: [RIGHT, UP, LEFT],
};

/**
 * Closed outlines [x1, y1, x2, y2, ...] of the object's pixels; those of holes too, the other way round.
 *
 * @param mask - `data` is `[height, width]` row by row, non-zero is object.
 */
export function traceMask(mask: {
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}): number[][] {
  const { data, height, width } = mask;
  const stride = width + 1;
  // Which ways leave each corner of the grid, with the object at the right hand.
  const ways = new Uint8Array(stride * (height + 1));
  const on = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] !== 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!on(x, y)) continue;
      const corner = y * stride + x;
      if (!on(x, y - 1)) ways[corner]! |= RIGHT;
      if (!on(x + 1, y)) ways[corner + 1]! |= DOWN;
      if (!on(x, y + 1)) ways[corner + stride + 1]! |= LEFT;
      if (!on(x - 1, y)) ways[corner + stride]! |= UP;
    }
  }
  const step = { [RIGHT]: 1, [DOWN]: stride, [LEFT]: -1, [UP]: -stride } as Readonly<Record<number, number>>;
  const outlines: number[][] = [];
  for (let start = 0; start < ways.length; start++) {
    // Every outline has a way to the right somewhere.
    while ((ways[start]! & RIGHT) !== 0) {
      const outline: number[] = [];
      let corner = start;
      let way = RIGHT;
      let before = 0;
      do {
        if (way !== before) outline.push(corner % stride, Math.floor(corner / stride));
        ways[corner]! &= ~way;
        corner += step[way]!;
        before = way;
        way = TURNS[before]!.find((next) => (ways[corner]! & next) !== 0) ?? 0;
      } while (way !== 0);
      outlines.push(outline);
    }
  }
  return outlines;
}
