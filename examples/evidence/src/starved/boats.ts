/**
 * Scenes of boats, whose class is told by nothing but the color of a flag far above the hull. The box is about the hull.
 *
 * Coordinates: pixels, x to the right, y down, the first pixel covers [0, 1).
 */
import { type Random, seededRandom } from '@icconv/training';
import { type Canvas, type Color, ground, type Point, shade } from './canvas';
import { heightsOf, type SceneOptions } from './scene';

export const FLAGS = { red: [250, 50, 50], blue: [60, 90, 250] } as const satisfies Record<string, Color>;

export interface Boat {
  /** From the keel to the top of the flag. */
  readonly height: number;
  readonly flag: keyof typeof FLAGS;
  /** x, y, width, height of the hull. */
  readonly bbox: readonly [number, number, number, number];
}

export interface BoatScene {
  readonly side: number;
  /** RGB, row by row. */
  readonly data: Uint8Array;
  readonly boats: readonly Boat[];
}

/** Shares of a boat's height. */
const BOAT = { width: 0.19, hull: 0.16 } as const;
const TRIES = 20;

/** The same seed gives the same scene. */
export function makeBoats(seed: number, { side, heights, count }: SceneOptions): BoatScene {
  const random = seededRandom(seed, 'boats');
  const canvas = ground(side, random);
  const wanted = count[0] + random.below(count[1] - count[0] + 1);
  const boats: Boat[] = [];
  const draw = heightsOf(heights, random);
  for (let i = 0; i < wanted; i++) {
    const height = draw();
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const width = BOAT.width * height;
      const corner: Point = [random.uniform(0, side - width), random.uniform(0, side - height)];
      // Hulls beside each other, and masts too, so that every flag is above its own hull and no other.
      const free = boats.every(({ bbox: [x, , w] }) => Math.abs(x + w / 2 - corner[0] - width / 2) > 0.9 * (w + width));
      if (!free) continue;
      boats.push(drawBoat(canvas, height, corner, random));
      break;
    }
  }
  canvas.noise(() => 8 * random.normal());
  return { side, data: canvas.data, boats };
}

function drawBoat(canvas: Canvas, height: number, [left, top]: Point, random: Random): Boat {
  const [width, hull] = [BOAT.width * height, BOAT.hull * height];
  const middle = left + width / 2;
  const keel = top + height;
  const color = shade(random, 150, 250);
  const radius = Math.min(7, Math.max(2.5, 0.06 * height));
  const flag = random.next() < 0.5 ? 'red' : 'blue';
  canvas.line([middle, keel - hull], [middle, top + radius], 0.8, color);
  const thick = Math.max(1.5, 0.025 * height);
  // A trapezium of lines: the deck longer than the keel.
  const corners: Point[] = [
    [left + thick, keel - hull + thick],
    [left + width - thick, keel - hull + thick],
    [left + 0.75 * width, keel - thick],
    [left + 0.25 * width, keel - thick],
  ];
  for (const [i, corner] of corners.entries()) canvas.line(corner, corners[(i + 1) % corners.length]!, thick, color);
  canvas.disc([middle, top + radius], radius, FLAGS[flag]);
  return { height, flag, bbox: [left, keel - hull, width, hull] };
}
