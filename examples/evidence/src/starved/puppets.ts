/**
 * Scenes of puppets, in which what a part is called is told only by another part far away.
 *
 * A puppet has a head at its top, hands at its sides, feet at its bottom, and thin lines between them. It is seen from the front or from the
 * back, and the same from both; what tells its left from its right is a flag above its left, at the height of its head. Parts are of nearly
 * the same size whatever the puppet's height, so that a foot of a tall one is many of its own diameters away from the flag.
 *
 * Coordinates: pixels, x to the right, y down, the first pixel covers [0, 1).
 */
import { type Random, seededRandom } from '@icconv/training';
import { type Canvas, type Color, ground, type Point, shade } from './canvas';
import { heightsOf, type KeypointFigure, type KeypointScene, type SceneOptions } from './scene';

/** In the order of the annotations; left and right are the puppet's own. */
export const PUPPET_KEYPOINTS = ['head', 'left_hand', 'right_hand', 'left_foot', 'right_foot'] as const;

/** Shares of a puppet's height. */
const BODY = {
  width: 0.8,
  shoulder: 0.2,
  hip: 0.55,
  hand: [0.35, 0.6],
  reach: [0.25, 0.35],
  stance: [0.22, 0.3],
  flag: 0.26,
} as const;
/** Radius of a part: grows far less than the puppet. */
const radiusOf = (height: number) => Math.min(6, Math.max(1.5, 0.05 * height));
const FLAG: Color = [250, 40, 40];
const TRIES = 20;

/** The same seed gives the same scene. */
export function makePuppets(seed: number, { side, heights, count }: SceneOptions): KeypointScene {
  const random = seededRandom(seed, 'puppets');
  const canvas = ground(side, random);
  const wanted = count[0] + random.below(count[1] - count[0] + 1);
  const puppets: KeypointFigure[] = [];
  const draw = heightsOf(heights, random);
  for (let i = 0; i < wanted; i++) {
    const height = draw();
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const width = BODY.width * height;
      const corner: Point = [random.uniform(0, side - width), random.uniform(0, side - height)];
      // Side by side, their legs may cross; one upon the other nobody could tell them apart.
      const free = puppets.every(
        ({ bbox: [x, , w] }) => Math.abs(x + w / 2 - corner[0] - width / 2) > 0.4 * (w + width),
      );
      if (!free) continue;
      puppets.push(drawPuppet(canvas, height, corner, random));
      break;
    }
  }
  canvas.noise(() => 8 * random.normal());
  return { data: canvas.data, figures: puppets };
}

function drawPuppet(canvas: Canvas, height: number, [left, top]: Point, random: Random): KeypointFigure {
  const radius = radiusOf(height);
  const middle = left + (BODY.width * height) / 2;
  const at = (x: number, y: number): Point => [middle + x * height, top + y * height];
  const color = shade(random, 150, 250);
  const facing = random.next() < 0.5 ? 'front' : 'back';
  const head: Point = [middle, top + 1.5 * radius];
  const [hip, shoulder] = [at(0, BODY.hip), at(0, BODY.shoulder)];
  const hands = [-1, 1].map((sign) => at(sign * random.uniform(...BODY.reach), random.uniform(...BODY.hand)));
  const feet = [-1, 1].map(
    (sign): Point => [middle + sign * random.uniform(...BODY.stance) * height, top + height - radius],
  );
  for (const [one, other] of [
    [head, hip],
    ...hands.map((hand) => [shoulder, hand] as const),
    ...feet.map((foot) => [hip, foot] as const),
  ] as const) {
    canvas.line(one, other, 1, color);
  }
  for (const part of [...hands, ...feet]) canvas.disc(part, radius, color);
  canvas.disc(head, 1.2 * radius, color);
  // Whoever faces us has their left on the right of the picture.
  const [own, other] = facing === 'front' ? [1, 0] : [0, 1];
  canvas.disc([middle + (2 * own! - 1) * BODY.flag * height, head[1]], 1.5 * radius, FLAG);
  const keypoints = [head, hands[own]!, hands[other]!, feet[own]!, feet[other]!];
  const [xs, ys] = [keypoints.map(([x]) => x), keypoints.map(([, y]) => y)];
  const [x0, x1] = [Math.min(...xs) - radius, Math.max(...xs) + radius];
  return { height, keypoints, bbox: [x0, top, x1 - x0, Math.max(...ys) + radius - top] };
}
