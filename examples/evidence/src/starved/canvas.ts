/** A square picture to draw into. Coordinates: pixels, the first covers [0, 1). */

import type { Random } from '@icconv/training';

export type Point = readonly [x: number, y: number];
/** RGB in [0, 255]. */
export type Color = readonly [number, number, number];

export class Canvas {
  /** RGB, row by row. */
  readonly data: Uint8Array;

  constructor(
    readonly side: number,
    ground: Color,
  ) {
    this.data = new Uint8Array(3 * side * side);
    for (let i = 0; i < this.data.length; i++) this.data[i] = ground[i % 3]!;
  }

  disc(center: Point, radius: number, color: Color): void {
    this.line(center, center, radius, color);
  }

  /** All within `radius` of the segment, with an edge of a pixel. */
  line([x0, y0]: Point, [x1, y1]: Point, radius: number, color: Color): void {
    const [dx, dy] = [x1 - x0, y1 - y0];
    const span = (a: number, b: number): [number, number] => [
      Math.max(0, Math.floor(Math.min(a, b) - radius - 1)),
      Math.min(this.side - 1, Math.ceil(Math.max(a, b) + radius + 1)),
    ];
    const [top, bottom] = span(y0, y1);
    const [left, right] = span(x0, x1);
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const [x, y] = [column + 0.5 - x0, row + 0.5 - y0];
        const along = Math.min(1, Math.max(0, (x * dx + y * dy) / (dx * dx + dy * dy || 1)));
        const alpha = radius + 0.5 - Math.hypot(x - along * dx, y - along * dy);
        if (alpha > 0) this.#blend(3 * (row * this.side + column), color, Math.min(1, alpha));
      }
    }
  }

  noise(draw: () => number): void {
    for (let i = 0; i < this.data.length; i++) this.data[i] = clampByte(this.data[i]! + draw());
  }

  #blend(at: number, color: Color, alpha: number): void {
    for (let c = 0; c < 3; c++) {
      this.data[at + c] = clampByte(this.data[at + c]! * (1 - alpha) + color[c]! * alpha);
    }
  }
}

const clampByte = (value: number) => Math.min(255, Math.max(0, Math.round(value)));

/** A dark ground with up to three strokes that mean nothing. */
export function ground(side: number, random: Random): Canvas {
  const canvas = new Canvas(side, shade(random, 30, 80));
  for (let i = random.below(4); i > 0; i--) {
    const anywhere = (): Point => [random.uniform(0, side), random.uniform(0, side)];
    canvas.line(anywhere(), anywhere(), 0.8, shade(random, 60, 130));
  }
  return canvas;
}

export const shade = (random: Random, low: number, high: number): Color => {
  const one = () => random.uniform(low, high);
  return [one(), one(), one()];
};
