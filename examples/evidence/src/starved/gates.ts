/**
 * Scenes of gates: a lintel and a sill with nothing between. The box is about both; lone lintels are no gates.
 *
 * Bars are of one size whatever the gate's height: where a box ends, and whether there is one, is found by seeing both.
 *
 * Coordinates: pixels, x to the right, y down, the first pixel covers [0, 1).
 */
import { seededRandom } from '@icconv/training';
import { type Color, ground } from './canvas';
import { heightsOf, type SceneOptions } from './scene';

export interface Gate {
  readonly height: number;
  /** x, y, width, height. */
  readonly bbox: readonly [number, number, number, number];
}

export interface GateScene {
  /** RGB, row by row. */
  readonly data: Uint8Array;
  readonly gates: readonly Gate[];
}

const [LINTEL, SILL]: [Color, Color] = [
  [250, 200, 60],
  [90, 200, 250],
];
/** Width of a gate, radius of a bar. */
const [WIDTH, RADIUS] = [40, 4];
const TRIES = 20;
/** Lone lintels, at most. */
const LONE = 1;

/** The same seed gives the same scene. */
export function makeGates(seed: number, { side, heights, count }: SceneOptions): GateScene {
  const random = seededRandom(seed, 'gates');
  const canvas = ground(side, random);
  const draw = heightsOf(heights, random);
  const wanted = count[0] + random.below(count[1] - count[0] + 1);
  const lone = random.below(LONE + 1);
  const gates: Gate[] = [];
  const taken: number[] = [];
  for (let i = 0; i < wanted + lone; i++) {
    const height = draw();
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const [x, y] = [random.uniform(0, side - WIDTH), random.uniform(0, side - height)];
      if (taken.some((other) => Math.abs(other - x) < 1.15 * WIDTH)) continue;
      taken.push(x);
      const bar = (row: number, color: Color) =>
        canvas.line([x + RADIUS, row], [x + WIDTH - RADIUS, row], RADIUS, color);
      bar(y + RADIUS, LINTEL);
      if (i < wanted) {
        bar(y + height - RADIUS, SILL);
        gates.push({ height, bbox: [x, y, WIDTH, height] });
      }
      break;
    }
  }
  canvas.noise(() => 8 * random.normal());
  return { data: canvas.data, gates };
}
